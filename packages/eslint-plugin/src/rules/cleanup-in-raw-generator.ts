/** The rule against plain generators whose cleanup waits. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import ts from 'typescript'
import { firstWaitInFinally } from '../cleanup.ts'
import { usableName } from '../names.ts'
import { functionAround, usesOwnThis } from '../nodes.ts'
import { createRule } from '../rule.ts'
import { typesOf } from '../types.ts'

type Source = Readonly<TSESLint.SourceCode>

/** Reports `yield*` of a generator function that is not declared with `operation` and waits in its `finally` (C11). */
export const cleanupInRawGenerator = createRule({
  name: 'cleanup-in-raw-generator',
  meta: {
    type: 'problem',
    docs: {
      description: 'Disallow delegating to plain generators that wait in a finally',
      recommended: true,
    },
    hasSuggestions: true,
    schema: [],
    messages: {
      raw: '{{name}} is a plain generator that waits in its finally (line {{line}}). Cancelled there, it throws a NestedCleanupError. Declare it with operation(…), or clean up with ensure, use or resource.',
      declare: "Declare it: const {{name}} = operation('{{name}}', function* …).",
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    const { types, services } = file

    return {
      'YieldExpression[delegate=true]'(node: TSESTree.YieldExpression) {
        const fn = functionAround(node)
        if (fn?.async || !node.argument || !types.isOperation(file.typeOf(node.argument))) return
        const generator = generatorBehind(file.nodeOf<ts.Expression>(node.argument))
        const wait = generator?.body && firstWaitInFinally(types, generator.body)
        if (!generator || !wait) return
        const name = nameOf(generator)
        const source = wait.getSourceFile()
        const line = ts.getLineAndCharacterOfPosition(source, wait.getStart()).line + 1
        const declaration = services.tsNodeToESTreeNodeMap.get(generator) as TSESTree.Node | undefined
        context.report({
          node: node.argument,
          messageId: 'raw',
          data: { name, line: String(line) },
          suggest: declarations(context.sourceCode, declaration).map((fix) => ({
            messageId: 'declare' as const,
            data: { name },
            fix,
          })),
        })
      },
    }

    /** The generator function whose call gave what is delegated to; also through a `const`. */
    function generatorBehind(
      expression: ts.Expression
    ): (ts.SignatureDeclaration & { body?: ts.Node }) | undefined {
      if (ts.isParenthesizedExpression(expression)) return generatorBehind(expression.expression)
      if (ts.isIdentifier(expression)) {
        const declaration = types.checker.getSymbolAtLocation(expression)?.valueDeclaration
        const isConstant =
          declaration &&
          ts.isVariableDeclaration(declaration) &&
          ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const
        return isConstant && declaration.initializer && ts.isCallExpression(declaration.initializer)
          ? generatorBehind(declaration.initializer)
          : undefined
      }
      if (!ts.isCallExpression(expression)) return undefined
      const declaration = types.checker.getResolvedSignature(expression)?.declaration
      return declaration && 'asteriskToken' in declaration && declaration.asteriskToken
        ? (declaration as ts.SignatureDeclaration & { body?: ts.Node })
        : undefined
    }
  },
})

function nameOf(generator: ts.SignatureDeclaration): string {
  const named = ts.isVariableDeclaration(generator.parent) ? generator.parent.name : generator.name
  return named?.getText() ?? 'This'
}

/** `function* work(a) {…}` becomes `const work = operation('work', function* (a) {…})`. */
function declarations(source: Source, node: TSESTree.Node | undefined): TSESLint.ReportFixFunction[] {
  // TypeScript maps an exported function to its `export`.
  const fn = node?.type === AST_NODE_TYPES.ExportNamedDeclaration ? node.declaration : node
  // Declared functions see no `this`.
  if (!fn || usesOwnThis(source, fn)) return []
  const operation = usableName(source, fn, 'operation')
  if (operation === undefined) return []
  const body = (from: TSESTree.Node) => {
    const star = source.getFirstToken(from, ({ value }) => value === '*')!
    const name = source.getTokenAfter(star)!
    return `function* ${source.text.slice(name.value === '(' || name.value === '<' ? name.range[0] : name.range[1], from.range[1]).trimStart()}`
  }
  if (fn.type === AST_NODE_TYPES.FunctionDeclaration) {
    if (!fn.id || fn.parent.type === AST_NODE_TYPES.ExportDefaultDeclaration) return []
    const { name } = fn.id
    const text = `const ${name} = ${operation.text}('${name}', ${body(fn)})`
    return [(fixer) => [...operation.imports(fixer), fixer.replaceText(fn, text)]]
  }
  if (
    fn.type === AST_NODE_TYPES.FunctionExpression &&
    fn.parent.type === AST_NODE_TYPES.VariableDeclarator &&
    fn.parent.id.type === AST_NODE_TYPES.Identifier
  ) {
    const text = `${operation.text}('${fn.parent.id.name}', ${body(fn)})`
    return [(fixer) => [...operation.imports(fixer), fixer.replaceText(fn, text)]]
  }
  return []
}
