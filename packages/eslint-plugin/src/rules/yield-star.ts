/** The rule against a `yield` without its star. */
import { type TSESTree } from '@typescript-eslint/utils'
import ts from 'typescript'
import { expectedOf, functionAround, isBodyOfTask, type FunctionNode } from '../nodes.ts'
import { usableName } from '../names.ts'
import { createRule } from '../rule.ts'
import { returnsOf, typesOf, type TypedFile } from '../types.ts'

/** Reports `yield` of an operation: only `yield*` runs it (E9). */
export const yieldStar = createRule({
  name: 'yield-star',
  meta: {
    type: 'problem',
    docs: { description: 'Require the star where an operation is yielded', recommended: true },
    fixable: 'code',
    hasSuggestions: true,
    schema: [],
    messages: {
      star: 'A plain yield does not run an operation. Write yield* instead of yield.',
      array: 'Operations in an array are not run. Write yield* all([…]) to run them side by side.',
      useAll: 'Wrap the array in all(…).',
    },
  },
  defaultOptions: [],
  create(context) {
    const file = typesOf(context)
    return {
      YieldExpression(node) {
        const fn = functionAround(node)
        if (!node.argument || !fn || fn.async) return
        const type = file.typeOf(node.argument)
        if (!node.delegate && file.types.isAlwaysOperation(type) && !givesOperations(file, fn)) {
          const yieldToken = context.sourceCode.getFirstToken(node)!
          context.report({ node, messageId: 'star', fix: (fixer) => fixer.insertTextAfter(yieldToken, '*') })
        } else if (isArrayOfOperations(file, type) && isBodyOfTask(file, fn)) {
          reportArray(node, node.argument)
        }
      },
    }

    function reportArray(node: TSESTree.YieldExpression, argument: TSESTree.Expression): void {
      const all = usableName(context.sourceCode, node, 'all')
      const text = context.sourceCode.getText(argument)
      context.report({
        node,
        messageId: 'array',
        suggest: all
          ? [
              {
                messageId: 'useAll',
                fix: (fixer) => [
                  ...all.imports(fixer),
                  fixer.replaceText(node, `yield* ${all.text}(${text})`),
                ],
              },
            ]
          : [],
      })
    }
  },
})

/** Whether a generator is declared as one of operations, to be looped over: `function* (): Iterable<Operation<void>>`. */
function givesOperations(file: TypedFile, fn: FunctionNode): boolean {
  const { types, nodeOf } = file
  const declared = fn.returnType
    ? [types.checker.getTypeFromTypeNode(nodeOf<ts.TypeNode>(fn.returnType.typeAnnotation))]
    : returnsOf(expectedOf(file, fn))
  return declared
    .flatMap((type) => types.yieldsOf(type))
    .some((yielded) => types.isOperation(yielded) && !types.isEffect(yielded))
}

function isArrayOfOperations({ types }: TypedFile, type: ts.Type): boolean {
  if (!types.checker.isArrayType(type) && !types.checker.isTupleType(type)) return false
  const items = types.checker.getTypeArguments(type as ts.TypeReference)
  return items.length > 0 && items.every((item) => types.isAlwaysOperation(item))
}
