import { cancel, operation, resource, shield, sleep, spawn, suspend, type Operation } from 'coppice'
import { type Stage } from './stage.ts'

export const aTreeUnwinds = operation('a tree', function* (stage: Stage) {
  stage.chapter(3, 'Cancelling a tree: the body first, then the newest')
  const started = yield* spawn(service(stage), { name: 'service' })
  yield* sleep(100)
  stage.say('the service is up:')
  stage.draw(started)
  stage.say('cancel(service); a resource outlives those that may use it')
  yield* cancel(started, { reason: 'the story goes on' })
  stage.say(`the service is ${started.status}, and nothing of it is left`)
})

const service = operation('service', function* (stage: Stage) {
  yield* database(stage)
  yield* spawn(guarded(stage, 'metrics', suspend), { name: 'metrics' })
  yield* spawn(
    guarded(stage, 'http', () => requests(stage)),
    { name: 'http' }
  )
  yield* guarded(stage, 'service', suspend)
})

const requests = operation('requests', function* (stage: Stage) {
  for (const name of ['GET /', 'GET /news']) yield* spawn(guarded(stage, name, suspend), { name })
  yield* suspend()
})

const database = (stage: Stage) =>
  resource<string>(function* database(provide) {
    const leave = stage.enter('database: closed, after all that may use it')
    try {
      yield* provide('connection')
    } finally {
      leave()
    }
  })

const guarded = operation('guarded', function* (stage: Stage, what: string, body: () => Operation<unknown>) {
  const leave = stage.enter(what)
  try {
    yield* body()
  } finally {
    // A clean-up may take its time: siblings unwind side by side, and whoever owns them waits. Under
    // a shield, nothing that comes later cuts it short.
    yield* shield(sleep(20))
    leave()
  }
})
