/** The rule against promises and asynchronous functions where operations are meant. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'
import { callLater, callOf, toGenerator, waitFor } from '../conversions.ts'
import { expectedOf, functionAround, isBodyOfTask } from '../nodes.ts'
import { createRule } from '../rule.ts'
import { membersOf, returnsOf, typesOf, type Types } from '../types.ts'

/** Reports asynchronous functions where a task is meant, and promises that a task yields or is handed (E9). */
export const noAsyncInTask = createRule({
  name: 'no-async-in-task',
  meta: {
    type: 'problem',
    docs: { description: 'Disallow asynchronous functions and bare promises in tasks', recommended: true },
    hasSuggestions: true,
    schema: [],
    messages: {
      asyncFunction:
        'An operation is expected, and an asynchronous function gives a promise. Write function* and yield*, or hand over call(asyncFunction).',
      asyncGenerator:
        'An operation is expected, and an asynchronous generator is none. Write function* instead of async function*.',
      promise:
        'An operation is expected, and this is a promise. Write until(promise), or call(asyncFunction, …args), which can be cancelled.',
      yielded:
        'A task can not wait for a bare promise. Write yield* until(promise), or yield* call(asyncFunction, …args), which can be cancelled.',
      useGenerator: 'Make it a generator function.',
      useUntil: 'Wait for the promise with until(…).',
      useCall: 'Let the task call the function with call(…).',
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    const { types } = file
    const { sourceCode } = context

    return {
      'CallExpression, NewExpression'(node: TSESTree.CallExpression | TSESTree.NewExpression) {
        for (const argument of node.arguments) checkHandedOver(argument)
      },
      YieldExpression(node) {
        const fn = functionAround(node)
        if (!node.argument || !fn || !types.isPromise(file.typeOf(node.argument))) return
        if (!isBodyOfTask(file, fn)) return
        const { argument } = node
        context.report({ node, messageId: 'yielded', suggest: waits(argument, node, 'yield* ') })
      },
    }

    /** Looks at what is handed to somebody who expects operations, also in an array or a record: `all([a, b])`, `select({ a, b })`. */
    function checkHandedOver(node: TSESTree.Node): void {
      if (node.type === AST_NODE_TYPES.ArrayExpression) {
        for (const element of node.elements) if (element) checkHandedOver(element)
        return
      }
      if (node.type === AST_NODE_TYPES.ObjectExpression) {
        for (const property of node.properties)
          if (property.type === AST_NODE_TYPES.Property) checkHandedOver(property.value)
        return
      }
      const type = file.typeOf(node)
      const isPromise = types.isPromise(type)
      const wrong = isPromise ? undefined : wrongResult(types, type)
      if (!isPromise && !wrong) return
      const expected = expectedOf(file, node)
      if (expected === undefined) return
      const takesOperation = membersOf(expected).some((member) => types.isOperation(member))
      if (isPromise && takesOperation && !types.isPromise(expected)) {
        context.report({ node, messageId: 'promise', suggest: waits(node as TSESTree.Expression, node, '') })
      } else if (wrong && takesOnlyTasks(types, expected)) {
        context.report({
          node,
          messageId: wrong,
          suggest: instead(node as TSESTree.Expression, takesOperation),
        })
      }
    }

    type Suggestions = TSESLint.ReportSuggestionArray<'useGenerator' | 'useUntil' | 'useCall'>

    function waits(promise: TSESTree.Expression, replaced: TSESTree.Node, before: string): Suggestions {
      return [
        ...waitFor(sourceCode, promise, replaced, before).map((fix) => ({
          messageId: 'useUntil' as const,
          fix,
        })),
        ...callLater(sourceCode, promise, replaced, before).map((fix) => ({
          messageId: 'useCall' as const,
          fix,
        })),
      ]
    }

    function instead(fn: TSESTree.Expression, takesOperation: boolean): Suggestions {
      return [
        ...toGenerator(sourceCode, fn).map((fix) => ({ messageId: 'useGenerator' as const, fix })),
        ...(takesOperation ? callOf(sourceCode, fn) : []).map((fix) => ({
          messageId: 'useCall' as const,
          fix,
        })),
      ]
    }
  },
})

function wrongResult(types: Types, type: ts.Type): 'asyncFunction' | 'asyncGenerator' | undefined {
  const results = returnsOf(type)
  if (results.some((result) => types.isPromise(result))) return 'asyncFunction'
  const isAsync = results.some((result) => types.isAsyncIterable(result) && !types.isOperation(result))
  return isAsync ? 'asyncGenerator' : undefined
}

/** Whether a function is expected that gives an operation, and can't give something else as well, as a cleanup may. */
function takesOnlyTasks(types: Types, expected: ts.Type): boolean {
  const results = returnsOf(expected)
  return results.length > 0 && results.every((result) => types.isAlwaysOperation(result))
}
