import { operation, scope, self, sleep, spawn } from 'coppice'
import { type Stage } from './stage.ts'

export const aScopeWaits = operation('a scope', function* (stage: Stage) {
  stage.chapter(1, 'A scope ends only when its tasks have ended')
  const task = yield* self()
  const meal = yield* scope(function* () {
    for (const [name, ms] of [
      ['tea', 150],
      ['toast', 250],
      ['eggs', 400],
    ] as const) {
      yield* spawn(prepare(stage, name, ms), { name })
    }
    stage.say('the body has spawned three tasks, and returns')
    stage.drawSoon(task)
    return 'breakfast'
  })
  stage.say(`only now the scope has ended, and gives '${meal}'`)
})

const prepare = operation('prepare', function* (stage: Stage, name: string, ms: number) {
  const leave = stage.enter(name)
  try {
    yield* sleep(ms)
  } finally {
    leave()
  }
})
