import ts from 'typescript'
import type { Types } from './types.ts'

/** Effects that are answered at once (C2): in a `finally` they do no harm. */
const NEVER_WAIT = new Set([
  'abortSignal',
  'deadline',
  'ensure',
  'now',
  'self',
  'spawn',
  'Context.expect',
  'Context.get',
  'Context.set',
])

/** The first `yield` in a node that may wait. Functions in it are none of its business. */
export function firstWait(
  types: Types,
  node: ts.Node,
  isHarmless: (callee: string) => boolean = () => false
): ts.YieldExpression | undefined {
  const find = (inner: ts.Node): ts.YieldExpression | undefined => {
    if (ts.isFunctionLike(inner)) return undefined
    const found = ts.forEachChild(inner, find)
    if (found !== undefined || !ts.isYieldExpression(inner)) return found
    const callee = inner.expression && types.calleeOf(withoutParentheses(inner.expression))
    return callee !== undefined && (NEVER_WAIT.has(callee) || isHarmless(callee)) ? undefined : inner
  }
  return find(node)
}

/** The first `yield` that may wait in a `finally` of a function itself. */
export function firstWaitInFinally(types: Types, body: ts.Node): ts.YieldExpression | undefined {
  const find = (inner: ts.Node): ts.YieldExpression | undefined => {
    if (ts.isFunctionLike(inner)) return undefined
    if (ts.isTryStatement(inner) && inner.finallyBlock) {
      const found = firstWait(types, inner.finallyBlock)
      if (found !== undefined) return found
    }
    return ts.forEachChild(inner, find)
  }
  return ts.forEachChild(body, find)
}

function withoutParentheses(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ? withoutParentheses(node.expression) : node
}
