/** A stream that is opened anew when it fails. */
import {
  MisuseError,
  collect,
  constant,
  from,
  mapEach,
  now,
  pipe,
  produce,
  retryStream,
  sleep,
  take,
  upTo,
} from 'coppice'
import { runToEnd } from '../virtual.ts'
import { Ledger, countSteps, disturbAfter, timelineOf } from './scripted.ts'

/** Gives the number of the run at 10, and fails at 15. */
const failing = (runs = { count: 0 }) =>
  produce<number>(function* (emit) {
    const run = runs.count++
    yield* sleep(10)
    yield* emit(run)
    yield* sleep(5)
    throw new Error(`broken ${run}`)
  })

test('opens the stream anew after the delay of the policy, when what has failed has been released', () => {
  const ledger = new Ledger()
  const stream = pipe(ledger.watch(failing(), 'stream', 2), retryStream(constant(100)), take(3))
  expect(timelineOf(stream)).toEqual([
    [10, 0],
    [15 + 2 + 100 + 10, 1],
    [127 + 5 + 2 + 100 + 10, 2],
  ])
  expect([ledger.opened, ledger.open]).toEqual([3, 0])
})

test('throws the last error behind the items, when the policy stops', () => {
  expect(timelineOf(pipe(failing(), retryStream(upTo(2, constant(0)))))).toEqual([
    [10, 0],
    [25, 1],
    [40, 2],
    [45, 'Error: broken 2'],
  ])
})

test('opens a stream once that does not fail', () => {
  const ledger = new Ledger()
  expect(runToEnd(collect(pipe(ledger.watch(from([1, 2])), retryStream(constant(1)))))).toEqual([1, 2])
  expect(ledger.opened).toBe(1)
})

test('releases what it holds, cancelled at any step, also in the delay', () => {
  const program = (ledger: Ledger) => () =>
    collect(pipe(ledger.watch(failing()), retryStream(constant(20)), take(3)))
  const steps = countSteps(program(new Ledger()))
  for (let step = 0; step < steps; step++) {
    const ledger = new Ledger()
    disturbAfter(step, program(ledger), (task) => void task.cancel())
    expect([step, ledger.open]).toEqual([step, 0])
  }
})

test('does not retry what is wrong in itself', () => {
  const wrong = pipe(
    from([1]),
    mapEach(function* () {
      yield now() as never
    }),
    retryStream(constant(1))
  )
  expect(() => runToEnd(collect(wrong))).toThrow(MisuseError)
})

test('takes a policy', () => {
  expect(() => retryStream(3 as never)).toThrow(/retryStream takes a policy.*constant\(3\)/)
})
