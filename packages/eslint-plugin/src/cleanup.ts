/** Where cleanup waits. */
import ts from 'typescript'
import type { Types } from './types.ts'

/** Effects that are answered at once (C2): in a `finally` they do no harm. */
const NEVER_WAIT = new Set([
  'abortSignal',
  'deadline',
  'ensure',
  'now',
  'random',
  'self',
  'spawn',
  'Channel.producer',
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
    const performed = inner.expression && withoutParentheses(inner.expression)
    const callee = performed && types.calleeOf(performed)
    if (callee === undefined) return inner
    const isAnswered = NEVER_WAIT.has(callee) || (callee === 'use' && usesDisposable(types, performed!))
    return isAnswered || isHarmless(callee) ? undefined : inner
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

/** A resource has to be acquired; what is disposed of later is there. */
function usesDisposable(types: Types, call: ts.Expression): boolean {
  const [used] = (call as ts.CallExpression).arguments
  return used !== undefined && !types.isOperation(types.checker.getTypeAtLocation(used))
}

function withoutParentheses(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ? withoutParentheses(node.expression) : node
}
