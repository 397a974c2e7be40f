/** Names of the library in the file that is linted, and their imports. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'

/** How a name of the library is written somewhere, and what has to be added to the file for it. */
interface UsableName {
  readonly text: string
  imports(fixer: TSESLint.RuleFixer): TSESLint.RuleFix[]
}

const nothing = (): TSESLint.RuleFix[] => []

/**
 * Makes a name of `coppice` usable at a node: as it is imported already, else by a new import. Nothing if it means
 * something else there.
 */
export function usableName(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
  name: string
): UsableName | undefined {
  const imports = sourceCode.ast.body.filter(isValueImport)
  const ours = imports.filter(({ source }) => source.value === 'coppice')
  const specifiers = ours.flatMap((declaration) => declaration.specifiers)
  for (const specifier of specifiers) {
    const { local } = specifier
    const isIt = specifier.type === AST_NODE_TYPES.ImportSpecifier && importedName(specifier) === name
    const isAll = specifier.type === AST_NODE_TYPES.ImportNamespaceSpecifier
    if ((isIt || isAll) && isImportedAs(sourceCode, node, local.name))
      return { text: isAll ? `${local.name}.${name}` : local.name, imports: nothing }
  }
  if (findVariable(sourceCode, node, name)) {
    return isImportedAs(sourceCode, node, name) ? { text: name, imports: nothing } : undefined
  }
  const extended = ours.find(hasNamedSpecifiers)
  return { text: name, imports: (fixer) => [addImport(sourceCode, fixer, imports[0], extended, name)] }
}

function isValueImport(node: TSESTree.Node): node is TSESTree.ImportDeclaration {
  return node.type === AST_NODE_TYPES.ImportDeclaration && node.importKind !== 'type'
}

function hasNamedSpecifiers({ specifiers }: TSESTree.ImportDeclaration): boolean {
  return specifiers.at(-1)?.type === AST_NODE_TYPES.ImportSpecifier
}

function importedName({ imported }: TSESTree.ImportSpecifier): string {
  return imported.type === AST_NODE_TYPES.Identifier ? imported.name : imported.value
}

function findVariable(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
  name: string
): TSESLint.Scope.Variable | undefined {
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope(node)
  while (scope !== null) {
    const found = scope.set.get(name)
    if (found !== undefined) return found
    scope = scope.upper
  }
  return undefined
}

function isImportedAs(sourceCode: Readonly<TSESLint.SourceCode>, node: TSESTree.Node, name: string): boolean {
  const definition = findVariable(sourceCode, node, name)?.defs[0]
  return (
    definition?.node.type === AST_NODE_TYPES.ImportSpecifier ||
    definition?.node.type === AST_NODE_TYPES.ImportNamespaceSpecifier
  )
}

function addImport(
  sourceCode: Readonly<TSESLint.SourceCode>,
  fixer: TSESLint.RuleFixer,
  model: TSESTree.ImportDeclaration | undefined,
  extended: TSESTree.ImportDeclaration | undefined,
  name: string
): TSESLint.RuleFix {
  const last = extended?.specifiers.at(-1)
  if (last !== undefined) return fixer.insertTextAfter(last, `, ${name}`)
  const quote = model?.source.raw[0] ?? "'"
  const [first] = sourceCode.ast.body
  const end = first && sourceCode.getText(first).endsWith(';') ? ';' : ''
  const text = `import { ${name} } from ${quote}coppice${quote}${end}\n`
  return model ? fixer.insertTextBefore(model, text) : fixer.insertTextBeforeRange([0, 0], text)
}
