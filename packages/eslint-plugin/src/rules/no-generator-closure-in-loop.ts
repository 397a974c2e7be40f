/** The rule against generator functions that are made anew in each round of a loop. */
import { AST_NODE_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import { isBodyOfTask, isFunction } from '../nodes.ts'
import { createRule } from '../rule.ts'
import { typesOf } from '../types.ts'

type Loop =
  | TSESTree.DoWhileStatement
  | TSESTree.ForInStatement
  | TSESTree.ForOfStatement
  | TSESTree.ForStatement
  | TSESTree.WhileStatement

/** Reports generator functions that are made anew in each round of a loop: each one costs the engine microseconds. */
export const noGeneratorClosureInLoop = createRule({
  name: 'no-generator-closure-in-loop',
  meta: {
    type: 'suggestion',
    docs: { description: 'Disallow making a generator function in each round of a loop', recommended: false },
    hasSuggestions: true,
    schema: [],
    messages: {
      loop: 'Each round of the loop makes a new generator function, which takes microseconds. Declare it outside, and hand over what it needs: spawn(work(item)).',
      hoist: 'Move it in front of the loop.',
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    const { sourceCode } = context

    return {
      'FunctionExpression[generator=true], FunctionDeclaration[generator=true]'(
        node: TSESTree.FunctionExpression | TSESTree.FunctionDeclaration
      ) {
        const loop = loopAround(node)
        if (loop === undefined || !isBodyOfTask(file, node)) return
        context.report({
          node,
          loc: sourceCode.getFirstToken(node)!.loc,
          messageId: 'loop',
          suggest: 'body' in loop ? hoists(node, loop) : [],
        })
      },
    }

    /** The loop, or the call of an array's method, whose every round comes by here. */
    function loopAround(node: TSESTree.Node): Loop | TSESTree.CallExpression | undefined {
      for (let inner = node, outer = node.parent; outer; inner = outer, outer = outer.parent) {
        if (isLoop(outer) && isRepeated(outer, inner)) return outer
        if (isFunction(inner) && inner !== node) {
          return outer.type === AST_NODE_TYPES.CallExpression && isArrayMethod(outer, inner)
            ? outer
            : undefined
        }
      }
      return undefined
    }

    function isArrayMethod(call: TSESTree.CallExpression, callback: TSESTree.Node): boolean {
      const { callee } = call
      return (
        call.arguments.some((argument) => argument === callback) &&
        callee.type === AST_NODE_TYPES.MemberExpression &&
        callee.property.type === AST_NODE_TYPES.Identifier &&
        REPEATING.has(callee.property.name) &&
        file.types.isOfLanguage(file.nodeOf(call))
      )
    }

    /** Only a function that uses nothing of the loop can be moved as it is. */
    function hoists(
      node: TSESTree.FunctionExpression | TSESTree.FunctionDeclaration,
      loop: Loop
    ): TSESLint.ReportSuggestionArray<'hoist'> {
      const isPlain =
        node.type === AST_NODE_TYPES.FunctionExpression &&
        sourceCode.getFirstToken(node)?.value === 'function'
      const isInBlock =
        loop.parent.type === AST_NODE_TYPES.BlockStatement || loop.parent.type === AST_NODE_TYPES.Program
      if (!isPlain || !isInBlock || usesOf(sourceCode, node, loop)) return []
      const name = node.id?.name ?? 'work'
      if (
        sourceCode.getScope(loop).set.has(name) ||
        sourceCode.getScope(node).through.some(({ identifier }) => identifier.name === name)
      )
        return []
      const indent = ' '.repeat(loop.loc.start.column)
      return [
        {
          messageId: 'hoist',
          fix: (fixer) => [
            fixer.insertTextBefore(loop, `const ${name} = ${sourceCode.getText(node)}\n${indent}`),
            fixer.replaceText(node, name),
          ],
        },
      ]
    }
  },
})

const REPEATING = new Set([
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'flatMap',
  'forEach',
  'from',
  'map',
  'reduce',
  'reduceRight',
  'some',
])

function isLoop(node: TSESTree.Node): node is Loop {
  return (
    node.type === AST_NODE_TYPES.DoWhileStatement ||
    node.type === AST_NODE_TYPES.ForInStatement ||
    node.type === AST_NODE_TYPES.ForOfStatement ||
    node.type === AST_NODE_TYPES.ForStatement ||
    node.type === AST_NODE_TYPES.WhileStatement
  )
}

/** What a loop evaluates just once is no part of its rounds. */
function isRepeated(loop: Loop, part: TSESTree.Node): boolean {
  if (loop.type === AST_NODE_TYPES.ForStatement) return part !== loop.init
  if (loop.type === AST_NODE_TYPES.ForOfStatement || loop.type === AST_NODE_TYPES.ForInStatement)
    return part === loop.body
  return true
}

/** Whether a function uses what is declared in a loop around it. */
function usesOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.FunctionExpression,
  loop: Loop
): boolean {
  const scope = sourceCode.scopeManager?.acquire(node)
  const isIn = (range: readonly [number, number], outer: TSESTree.Node) =>
    range[0] >= outer.range[0] && range[1] <= outer.range[1]
  return (scope?.through ?? []).some(({ resolved }) =>
    resolved?.defs.some(
      (definition) => isIn(definition.name.range, loop) && !isIn(definition.name.range, node)
    )
  )
}
