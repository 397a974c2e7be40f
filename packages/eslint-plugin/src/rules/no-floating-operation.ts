/** The rule against operations that nobody runs. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import { usableName } from '../names.ts'
import { expectedOf, expectsNoResult, functionAround, isFunction, type FunctionNode } from '../nodes.ts'
import { createRule } from '../rule.ts'
import { returnsOf, typesOf } from '../types.ts'

type Suggestion = TSESLint.ReportSuggestionArray<'addYield' | 'addRun'>[number]

/** Reports operations that nobody yields: making one does nothing. */
export const noFloatingOperation = createRule({
  name: 'no-floating-operation',
  meta: {
    type: 'problem',
    docs: { description: 'Disallow operations that nobody runs', recommended: true },
    hasSuggestions: true,
    schema: [],
    messages: {
      floating: 'This operation is made and dropped, so it never runs. Write yield* in front of it.',
      outside:
        'This operation is made and dropped, so it never runs. Outside of a task, hand it to run(…), or to scope.spawn(…) of an open scope.',
      awaited: 'await does not run an operation. Write yield* inside a task, and await run(…) outside.',
      callback:
        'The operation that this function returns is dropped by its caller, so it never runs. Start it with scope.spawn(…) of an open scope, or loop over the items and yield* it there.',
      addYield: 'Write yield* in front of it.',
      addRun: 'Start it with run(…).',
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    const { sourceCode } = context

    return {
      ExpressionStatement: (node) => checkDropped(node.expression),
      'UnaryExpression[operator="void"]': (node: TSESTree.UnaryExpression) =>
        checkDropped(node.argument, node),
      SequenceExpression: (node) => node.expressions.slice(0, -1).forEach((part) => checkDropped(part)),
      ForStatement(node) {
        if (node.init && node.init.type !== AST_NODE_TYPES.VariableDeclaration) checkDropped(node.init)
        if (node.update) checkDropped(node.update)
      },
      AwaitExpression(node) {
        if (!file.types.isIdle(file.typeOf(node.argument))) return
        context.report({ node, messageId: 'awaited', suggest: runIt(node.argument) })
      },
      ArrowFunctionExpression: checkCallback,
      FunctionExpression: checkCallback,
      'CallExpression, NewExpression'(node: TSESTree.CallExpression | TSESTree.NewExpression) {
        for (const argument of node.arguments) if (!isFunction(argument)) checkCallback(argument)
      },
    }

    function checkDropped(dropped: TSESTree.Expression, whole?: TSESTree.Expression): void {
      for (const node of valuesOf(dropped)) {
        if (!file.types.isIdle(file.typeOf(node))) continue
        const called = node.type === AST_NODE_TYPES.ChainExpression ? node.expression : node
        if (file.types.makesNothing(file.nodeOf(called))) continue
        context.report({
          node: whole ?? node,
          messageId: isBesideYields(functionAround(node)) ? 'floating' : 'outside',
          suggest: suggestions(node, whole ?? node),
        })
      }
    }

    function checkCallback(node: TSESTree.CallExpressionArgument): void {
      const results = returnsOf(file.typeOf(node))
      if (results.length === 0 || !results.every((result) => file.types.isIdle(result))) return
      if (!expectsNoResult(file, expectedOf(file, node))) return
      const body = node.type === AST_NODE_TYPES.ArrowFunctionExpression ? node.body : node
      context.report({
        node: body.type === AST_NODE_TYPES.BlockStatement ? node : body,
        messageId: 'callback',
      })
    }

    function suggestions(node: TSESTree.Expression, whole: TSESTree.Expression): Suggestion[] {
      // `rest?.()` may be nothing, which can't be run.
      if (node.type === AST_NODE_TYPES.ChainExpression) return []
      const fn = functionAround(node)
      if (!isBesideYields(fn)) return runIt(node, whole, fn?.async ? 'await ' : '')
      const yielded = `yield* ${sourceCode.getText(node)}`
      const text = whole.parent.type === AST_NODE_TYPES.ExpressionStatement ? yielded : `(${yielded})`
      return [{ messageId: 'addYield', fix: (fixer) => fixer.replaceText(whole, text) }]
    }

    function runIt(node: TSESTree.Expression, whole: TSESTree.Expression = node, before = ''): Suggestion[] {
      const run = usableName(sourceCode, node, 'run')
      // A tree of its own, started in the middle of a task, would be nobody's.
      if (run === undefined || isInGenerator(node)) return []
      const text = `${before}${run.text}(${sourceCode.getText(node)})`
      return [
        {
          messageId: 'addRun',
          fix: (fixer) => [...run.imports(fixer), fixer.replaceText(whole, text)],
        },
      ]
    }
  },
})

/** Whether a `yield*` may stand right in a function. */
function isBesideYields(fn: FunctionNode | undefined): boolean {
  return fn !== undefined && fn.generator && !fn.async
}

function isInGenerator(node: TSESTree.Node): boolean {
  let fn = functionAround(node)
  while (fn !== undefined && !fn.generator) fn = functionAround(fn)
  return fn !== undefined
}

/** The parts of an expression of which one gives the value of the whole. */
function valuesOf(node: TSESTree.Expression): TSESTree.Expression[] {
  switch (node.type) {
    case AST_NODE_TYPES.LogicalExpression:
      return valuesOf(node.right)
    case AST_NODE_TYPES.ConditionalExpression:
      return [...valuesOf(node.consequent), ...valuesOf(node.alternate)]
    case AST_NODE_TYPES.SequenceExpression:
      return valuesOf(node.expressions.at(-1)!)
    // What a task was handed is a value like any other; assignments keep theirs; the last two have visitors of their own.
    case AST_NODE_TYPES.YieldExpression:
    case AST_NODE_TYPES.AssignmentExpression:
    case AST_NODE_TYPES.AwaitExpression:
    case AST_NODE_TYPES.UnaryExpression:
      return []
    default:
      return [node]
  }
}
