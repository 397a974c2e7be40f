// Finds exports of packages, and members of them, whose documentation comment lacks something that every one must have, and options that don't
// take undefined. Whether it is true and its example runs is for readers and for docs/docs.test.ts.

import path from 'node:path'
import ts from 'typescript'
import { root, sources } from './packages.mjs'

/** Entries whose exports are for other packages: they need a contract, but no example, and no word on each member. */
const withoutExamples = new Set(['coppice/kernel'])

/** Each as `file:line name lacks …`. `program` has the sources of all packages. */
export function undocumented(program) {
  const checker = program.getTypeChecker()
  const found = new Set()
  for (const [specifier, source] of sources) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(source))
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      const isInternal = withoutExamples.has(specifier)
      for (const lack of lacks(checker, symbol, isInternal)) {
        found.add(`${placeOf(symbol)} ${exported.name} lacks ${lack}`)
      }
      for (const [member, lack] of isInternal ? [] : membersThatLack(checker, symbol)) {
        found.add(`${placeOf(member)} ${exported.name}.${member.name} lacks ${lack}`)
      }
    }
  }
  return [...found]
}

function lacks(checker, symbol, isInternal) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
  if (text === '' && !hasTrailingComment(symbol)) return ['a documentation comment']
  if (!(symbol.flags & ts.SymbolFlags.Function) || isInternal) return []
  const isOperation = symbol.declarations
    .flatMap((declaration) => checker.getTypeAtLocation(declaration).getCallSignatures())
    .some((signature) => signature.getReturnType().symbol?.name === 'Operation')
  const hasExample = symbol.getJsDocTags(checker).some(({ name }) => name === 'example')
  return [
    ...(text.includes('**Throws:**') ? [] : ['a line **Throws:**']),
    ...(isOperation && !text.includes('**Cancelled:**') ? ['a line **Cancelled:**'] : []),
    ...(hasExample ? [] : ['an @example']),
  ]
}

/** Members of an interface or a class, each with what it lacks. What overrides something says no more than that. */
function* membersThatLack(checker, symbol) {
  for (const member of symbol.members?.values() ?? []) {
    const [declaration] = member.declarations ?? []
    if (!isMember(declaration) || member.getJsDocTags(checker).some(({ name }) => name === 'internal'))
      continue
    if (ts.displayPartsToString(member.getDocumentationComment(checker)) === '')
      yield [member, 'a documentation comment']
    if (
      ts.isPropertySignature(declaration) &&
      declaration.questionToken !== undefined &&
      !takesUndefined(declaration.type)
    )
      yield [member, '| undefined: it may be left out, so it may be undefined']
  }
}

function isMember(declaration) {
  const isNamed = declaration?.name !== undefined && !ts.isComputedPropertyName(declaration.name)
  if (!isNamed || ts.isPrivateIdentifier(declaration.name) || ts.isTypeParameterDeclaration(declaration))
    return false
  const hidden = ts.ModifierFlags.Override | ts.ModifierFlags.Private | ts.ModifierFlags.Static
  return !(ts.getCombinedModifierFlags(declaration) & hidden)
}

function takesUndefined(type) {
  const parts = ts.isUnionTypeNode(type) ? type.types : [type]
  return parts.some(
    ({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword || kind === ts.SyntaxKind.UnknownKeyword
  )
}

/** Rows of a table of constants have their documentation behind them. */
function hasTrailingComment({ declarations: [declaration] }) {
  if (!ts.isVariableDeclaration(declaration)) return false
  return ts.getTrailingCommentRanges(declaration.getSourceFile().text, declaration.end) !== undefined
}

function placeOf({ declarations: [declaration] }) {
  const file = declaration.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart(file))
  return `${path.relative(root, file.fileName)}:${line + 1}`
}
