/** Suggestions: how promises and asynchronous functions are written as operations. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, ownNodesOf, usesOwnThis } from './nodes.ts'
import { usableName } from './names.ts'

type Source = Readonly<TSESLint.SourceCode>
type Fix = TSESLint.ReportFixFunction

/** `promise` becomes `until(promise)`. Like all of these, it gives one way to write it, or none. */
export function waitFor(
  source: Source,
  promise: TSESTree.Node,
  replaced: TSESTree.Node,
  before: string
): Fix[] {
  return wrapped(source, 'until', source.getText(promise), replaced, before)
}

/** A function that takes nothing becomes `call(load)`. */
export function callOf(source: Source, fn: TSESTree.Node): Fix[] {
  if (isFunction(fn) && (fn.params.length > 0 || fn.generator)) return []
  return wrapped(source, 'call', source.getText(fn), fn, '')
}

/** `load(id)` becomes `call(load, id)`, and `api.load(id)` becomes `call(() => api.load(id))`. */
export function callLater(
  source: Source,
  node: TSESTree.Node,
  replaced: TSESTree.Node,
  before: string
): Fix[] {
  if (node.type !== AST_NODE_TYPES.CallExpression) return []
  const { callee, arguments: args } = node
  const isPlain = callee.type === AST_NODE_TYPES.Identifier && !node.typeArguments && !node.optional
  const text = isPlain
    ? [callee, ...args].map((part) => source.getText(part)).join(', ')
    : `() => ${source.getText(node)}`
  return containsYield(source, node) && !isPlain ? [] : wrapped(source, 'call', text, replaced, before)
}

function containsYield(source: Source, node: TSESTree.Node): boolean {
  return [...ownNodesOf(source, node)].some(({ type }) => type === AST_NODE_TYPES.YieldExpression)
}

function wrapped(source: Source, name: string, text: string, replaced: TSESTree.Node, before: string): Fix[] {
  const usable = usableName(source, replaced, name)
  if (usable === undefined) return []
  return [
    (fixer) => [...usable.imports(fixer), fixer.replaceText(replaced, `${before}${usable.text}(${text})`)],
  ]
}

/** `async () => { await promise }` becomes `function* () { yield* until(promise) }`. */
export function toGenerator(source: Source, fn: TSESTree.Node): Fix[] {
  if (!isFunction(fn) || !fn.async || fn.type === AST_NODE_TYPES.FunctionDeclaration) return []
  // A shorthand method has no `function` to put a star behind.
  if (fn.type === AST_NODE_TYPES.FunctionExpression && source.getFirstToken(fn)?.value !== 'async') return []
  // An arrow sees the `this` around it, and a generator function has one of its own.
  if (fn.type === AST_NODE_TYPES.ArrowFunctionExpression && usesOwnThis(source, fn)) return []
  // Types that say Promise would be wrong, and a loop over what comes later is no longer one over a generator.
  if (fn.returnType || hasAsyncLoop(source, fn)) return []
  const until = usableName(source, fn, 'until')
  const awaits = [...ownNodesOf(source, fn)].filter((node) => node.type === AST_NODE_TYPES.AwaitExpression)
  if (until === undefined) return []
  return [
    (fixer) => [
      ...(awaits.length > 0 ? until.imports(fixer) : []),
      ...head(source, fixer, fn),
      ...awaits.flatMap((node) => yielding(source, fixer, node, until.text)),
    ],
  ]
}

function hasAsyncLoop(source: Source, fn: FunctionNode): boolean {
  return [...ownNodesOf(source, fn)].some((node) => node.type === AST_NODE_TYPES.ForOfStatement && node.await)
}

function head(source: Source, fixer: TSESLint.RuleFixer, fn: FunctionNode): TSESLint.RuleFix[] {
  const asyncToken = source.getFirstToken(fn)!
  const next = source.getTokenAfter(asyncToken)!
  const withoutAsync = fixer.removeRange([asyncToken.range[0], next.range[0]])
  if (fn.type !== AST_NODE_TYPES.ArrowFunctionExpression) {
    return fn.generator ? [withoutAsync] : [withoutAsync, fixer.insertTextAfter(next, '*')]
  }
  const isParenthesised = next.value === '(' || next.value === '<'
  const arrow = source.getTokenBefore(fn.body, ({ value }) => value === '=>')!
  const afterArrow = source.getTokenAfter(arrow)!
  return [
    fixer.replaceTextRange(
      [asyncToken.range[0], next.range[0]],
      isParenthesised ? 'function* ' : 'function* ('
    ),
    fixer.replaceTextRange(
      [source.getTokenBefore(arrow)!.range[1], afterArrow.range[0]],
      isParenthesised ? ' ' : ') '
    ),
    ...(fn.body.type === AST_NODE_TYPES.BlockStatement
      ? []
      : [
          fixer.insertTextBefore(afterArrow, '{ return '),
          fixer.insertTextAfterRange([0, fn.range[1]], ' }'),
        ]),
  ]
}

/** `await x` becomes `yield* until(x)`, in parentheses where `yield*` would take more than that. */
function yielding(
  source: Source,
  fixer: TSESLint.RuleFixer,
  node: TSESTree.AwaitExpression,
  until: string
): TSESLint.RuleFix[] {
  const awaitToken = source.getFirstToken(node)!
  const first = source.getTokenAfter(awaitToken)!
  const isAlone = standsAlone(source, node)
  return [
    fixer.replaceTextRange([awaitToken.range[0], first.range[0]], `${isAlone ? '' : '('}yield* ${until}(`),
    fixer.insertTextAfterRange(node.range, isAlone ? ')' : '))'),
  ]
}

function standsAlone(source: Source, node: TSESTree.Node): boolean {
  const { parent } = node
  switch (parent?.type) {
    case AST_NODE_TYPES.ExpressionStatement:
    case AST_NODE_TYPES.ReturnStatement:
    case AST_NODE_TYPES.VariableDeclarator:
    case AST_NODE_TYPES.ArrowFunctionExpression:
      return true
    case AST_NODE_TYPES.AssignmentExpression:
      return parent.right === node
    case AST_NODE_TYPES.CallExpression:
      return parent.callee !== node
    default:
      return source.getTokenBefore(node)?.value === '(' && source.getTokenAfter(node)?.value === ')'
  }
}
