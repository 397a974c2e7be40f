/** Questions about nodes: functions, bodies of tasks, what is expected where. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'
import { type TypedFile, returnsOf } from './types.ts'

export type FunctionNode =
  TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return (
    node.type === AST_NODE_TYPES.FunctionDeclaration ||
    node.type === AST_NODE_TYPES.FunctionExpression ||
    node.type === AST_NODE_TYPES.ArrowFunctionExpression
  )
}

/** The function in whose body a node stands. */
export function functionAround({ parent }: TSESTree.Node): FunctionNode | undefined {
  // ESLint gives the program null for a parent.
  if (!parent) return undefined
  return isFunction(parent) ? parent : functionAround(parent)
}

/** Whether a function is the body of a task: a generator of effects, or one that stands where an operation is expected. */
export function isBodyOfTask(file: TypedFile, fn: FunctionNode): boolean {
  if (!fn.generator || fn.async) return false
  const results = [...returnsOf(file.typeOf(fn)), ...returnsOf(expectedOf(file, fn))]
  return results.some((type) => file.types.isOperation(type)) || delegatesToOperation(file, fn)
}

/** One `yield` of `any` hides all the others from the type of a generator. */
function delegatesToOperation(file: TypedFile, fn: FunctionNode): boolean {
  for (const node of ownNodesOf(file.sourceCode, fn)) {
    const argument = node.type === AST_NODE_TYPES.YieldExpression && node.delegate ? node.argument : null
    if (argument && file.types.isOperation(file.typeOf(argument))) return true
  }
  return false
}

/** The type that is expected where an expression stands. */
export function expectedOf({ types, nodeOf }: TypedFile, node: TSESTree.Node): ts.Type | undefined {
  return types.checker.getContextualType(nodeOf<ts.Expression>(node))
}

/** Whether the functions that are expected somewhere all have results that nobody looks at. */
export function expectsNoResult({ types }: TypedFile, expected: ts.Type | undefined): boolean {
  const results = returnsOf(expected)
  return results.length > 0 && results.every((result) => types.checker.typeToString(result) === 'void')
}

/** Whether a function uses what a function of another kind would see differently. */
export function usesOwnThis(sourceCode: Readonly<TSESLint.SourceCode>, node: TSESTree.Node): boolean {
  return contains(
    sourceCode,
    node,
    ({ type, ...rest }) =>
      type === AST_NODE_TYPES.ThisExpression ||
      type === AST_NODE_TYPES.Super ||
      type === AST_NODE_TYPES.MetaProperty ||
      (type === AST_NODE_TYPES.Identifier && (rest as { name?: string }).name === 'arguments')
  )
}

/** Whether something in a node satisfies a predicate; functions inside of it are left out, save arrows, which share its `this`. */
function contains(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
  is: (node: TSESTree.Node) => boolean,
  enters: (node: TSESTree.Node) => boolean = (inner) =>
    !isFunction(inner) || inner.type === AST_NODE_TYPES.ArrowFunctionExpression
): boolean {
  return childrenOf(sourceCode, node).some(
    (child) => is(child) || (enters(child) && contains(sourceCode, child, is, enters))
  )
}

function childrenOf(sourceCode: Readonly<TSESLint.SourceCode>, node: TSESTree.Node): TSESTree.Node[] {
  const keys = sourceCode.visitorKeys[node.type] ?? []
  return keys
    .flatMap((key) => (node as unknown as Record<string, unknown>)[key])
    .filter((child): child is TSESTree.Node => typeof (child as TSESTree.Node | null)?.type === 'string')
}

/** Everything in a node that belongs to the same function. */
export function* ownNodesOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node
): Generator<TSESTree.Node, void> {
  for (const child of childrenOf(sourceCode, node)) {
    yield child
    if (!isFunction(child)) yield* ownNodesOf(sourceCode, child)
  }
}
