/** Makes rules. */
import { ESLintUtils } from '@typescript-eslint/utils'

/** What a rule says of itself beside its messages. */
interface RuleDocs {
  readonly recommended: boolean
}

/** Makes a rule. Each has a section in the README that is published with the package. */
export const createRule = ESLintUtils.RuleCreator<RuleDocs>(
  (name) => `https://www.npmjs.com/package/eslint-plugin-coppice#${name}`
)
