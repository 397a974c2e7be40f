import { yieldStar } from '../../src/rules/yield-star.ts'
import { testRule } from '../tester.ts'

testRule('yield-star', yieldStar, {
  valid: [
    {
      name: 'a yield with its star',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* sleep(1) })`,
    },
  ],
  invalid: [
    {
      name: 'a yield of an effect',
      code: `
        import { run, sleep } from 'coppice'
        run(function* () { yield sleep(1) })`,
      errors: [{ messageId: 'star' }],
      output: `
        import { run, sleep } from 'coppice'
        run(function* () { yield* sleep(1) })`,
    },
  ],
})
