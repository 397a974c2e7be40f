import { operation, scope, self, select, sleep, spawn } from 'coppice'
import { type Stage } from './stage.ts'

export const aDelayWins = operation('a select', function* (stage: Stage) {
  stage.chapter(2, 'select waits for the first of several, and a scope can be cancelled')
  const task = yield* self()
  const answer = yield* scope(function* (prices) {
    const a = yield* spawn(fetchPrice(stage, 'shop a', 700), { name: 'shop a' })
    const b = yield* spawn(fetchPrice(stage, 'shop b', 900), { name: 'shop b' })
    stage.say('asking two shops; select({ a, b, late: sleep(300) })')
    stage.drawSoon(task)
    const first = yield* select({ a, b, late: sleep(300) })
    stage.say(`the first is '${first.key}'`)
    if (first.key !== 'late') return first.value
    prices.cancel('too late')
    return 'no price'
  })
  stage.say(`the scope has ended, and gives '${answer}'`)
})

const fetchPrice = operation('fetchPrice', function* (stage: Stage, shop: string, ms: number) {
  const leave = stage.enter(`${shop}: hung up`)
  try {
    yield* sleep(ms)
    return 42
  } finally {
    leave()
  }
})
