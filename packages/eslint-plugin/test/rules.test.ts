// All rules in one file: the checker's program, which takes seconds to make, is made once. For one rule, run
// `npx jest packages/eslint-plugin -t yield-star`.

import './rules/cleanup-in-raw-generator.cases.ts'
import './rules/no-async-in-task.cases.ts'
import './rules/no-floating-operation.cases.ts'
import './rules/no-generator-closure-in-loop.cases.ts'
import './rules/shield-async-finally.cases.ts'
import './rules/yield-star.cases.ts'
