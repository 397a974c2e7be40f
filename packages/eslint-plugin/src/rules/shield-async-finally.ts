/** The rule against cleanup that a later cancellation can cut short. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import ts from 'typescript'
import { firstWait } from '../cleanup.ts'
import { usableName } from '../names.ts'
import { functionAround, isBodyOfTask, ownNodesOf, usesOwnThis, type FunctionNode } from '../nodes.ts'
import { createRule } from '../rule.ts'
import { typesOf } from '../types.ts'

/** What runs the function that it is handed under a shield, or only behind one. */
const SHIELDING = new Set(['ensure', 'resource', 'shield'])

/** Reports cleanup that waits in a `finally`, where a later cancellation can cut it short (C12). */
export const shieldAsyncFinally = createRule({
  name: 'shield-async-finally',
  meta: {
    type: 'problem',
    docs: { description: 'Require a shield around cleanup that waits in a finally', recommended: false },
    hasSuggestions: true,
    schema: [],
    messages: {
      unshielded:
        'Entered without a cancellation, this finally is cut short here by one that comes later. Clean up with ensure, use or resource, or write yield* shield(…).',
      shield: 'Put the cleanup under a shield.',
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    const { types, services } = file
    const { sourceCode } = context

    return {
      TryStatement(node) {
        const fn = functionAround(node)
        if (!node.finalizer || !fn || !isBodyOfTask(file, fn)) return
        if (isShielded(fn) || isLeftByCancellationOnly(node.block)) return
        const wait = firstWait(types, file.nodeOf(node.finalizer), (callee) => callee === 'shield')
        if (wait === undefined) return
        context.report({
          node: services.tsNodeToESTreeNodeMap.get(wait),
          messageId: 'unshielded',
          suggest: shields(node.finalizer),
        })
      },
    }

    function isShielded(fn: FunctionNode): boolean {
      const { parent } = fn
      const call =
        parent.type === AST_NODE_TYPES.CallExpression ? types.calleeOf(file.nodeOf(parent)) : undefined
      return call !== undefined && SHIELDING.has(call)
    }

    /** Whether a block ends in something that goes on until it is cancelled. */
    function isLeftByCancellationOnly(block: TSESTree.BlockStatement): boolean {
      const last = block.body.at(-1)
      if (last === undefined || [...ownNodesOf(sourceCode, block)].some(leaves)) return false
      if (last.type === AST_NODE_TYPES.ExpressionStatement)
        return Boolean(file.typeOf(last.expression).flags & ts.TypeFlags.Never)
      return isEndless(last)
    }

    function shields(finalizer: TSESTree.BlockStatement): TSESLint.ReportSuggestionArray<'shield'> {
      const shield = usableName(sourceCode, finalizer, 'shield')
      // In a generator function of its own, `this` would be another one, and a jump would lead nowhere.
      if (
        !shield ||
        usesOwnThis(sourceCode, finalizer) ||
        [...ownNodesOf(sourceCode, finalizer)].some(leaves)
      )
        return []
      const [only] = finalizer.body.length === 1 ? finalizer.body : []
      const yielded = only?.type === AST_NODE_TYPES.ExpressionStatement ? only.expression : undefined
      return [
        {
          messageId: 'shield',
          fix: (fixer) => [
            ...shield.imports(fixer),
            ...(yielded?.type === AST_NODE_TYPES.YieldExpression && yielded.delegate
              ? [
                  fixer.insertTextBefore(yielded.argument!, `${shield.text}(`),
                  fixer.insertTextAfter(yielded.argument!, ')'),
                ]
              : [
                  fixer.insertTextAfter(
                    sourceCode.getFirstToken(finalizer)!,
                    ` yield* ${shield.text}(function* () {`
                  ),
                  fixer.insertTextBefore(sourceCode.getLastToken(finalizer)!, '}) '),
                ]),
          ],
        },
      ]
    }
  },
})

function leaves({ type }: TSESTree.Node): boolean {
  return (
    type === AST_NODE_TYPES.ReturnStatement ||
    type === AST_NODE_TYPES.BreakStatement ||
    type === AST_NODE_TYPES.ContinueStatement
  )
}

function isEndless(node: TSESTree.Statement): boolean {
  return (
    (node.type === AST_NODE_TYPES.ForStatement && !node.test) ||
    (node.type === AST_NODE_TYPES.WhileStatement &&
      node.test.type === AST_NODE_TYPES.Literal &&
      node.test.value === true)
  )
}
