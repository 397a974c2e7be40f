/** I1 and I2: what the seam tells an interpreter, and where programs run that other programs start. */
import {
  type Task,
  action,
  call,
  createChannel,
  createMutex,
  createScope,
  createSemaphore,
  run,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import { type Primitive, type Task as KernelTask, interpretBy, runningTask } from 'coppice/kernel'
import { emptySimulation, over, runAll, runNow, runToEnd, start } from '../virtual.ts'

describe('I2 what a program starts beside itself', () => {
  test('runs under the interpreter that was set for the time being', () => {
    const sim = emptySimulation()
    const { interpreter } = sim
    const before = interpretBy(interpreter)
    const task = run(() => sleep(1000))
    expect(interpretBy(before)).toBe(interpreter)
    runAll(sim)
    expect(task.status).toBe('done')
    expect(sim.now).toBe(1000)
  })

  test('runs under the one that it names, whatever is set', () => {
    const sim = emptySimulation()
    const before = interpretBy(emptySimulation().interpreter)
    const task = run(() => sleep(1), { interpreter: sim.interpreter })
    interpretBy(before)
    runAll(sim)
    expect(task.status).toBe('done')
  })
})

describe('I1 plain code', () => {
  test('knows the task whose step it is part of, and that what is called outside is part of none', async () => {
    expect(runningTask()).toBeNull()
    await run(function* main() {
      expect(runningTask()?.name).toBe('main')
      const child = yield* spawn(function* child() {
        yield* sleep(1)
        return [runningTask()?.name, yield* call(runningTask), yield* call(async () => runningTask())]
      })
      expect(yield* child).toEqual(['child', null, null])
      expect(runningTask()?.name).toBe('main')
    })
    expect(runningTask()).toBeNull()
  })
})

describe('I1 an interpreter', () => {
  test('is shown the primitives that its tasks make, and what these still hold', () => {
    const seen: string[] = []
    const primitives: Primitive[] = []
    const sim = emptySimulation()
    const interpreter = over(sim, {
      primitiveMade(primitive, by) {
        primitives.push(primitive)
        seen.push(`${primitive.name} by ${by?.name}`)
      },
    })
    const task = run(
      function* main() {
        createChannel({ capacity: 2, name: 'jobs' }).trySend(1)
        createMutex()
        yield* createSemaphore(3).acquire(2)
      },
      { interpreter }
    )
    expect(createChannel({ name: 'outside of tasks' }).length).toBe(0)
    runAll(sim)
    expect(task.status).toBe('done')
    expect(seen).toEqual(['jobs by main', 'mutex by main', 'semaphore by main'])
    expect(primitives.map((primitive) => primitive.leftover())).toEqual([
      { kind: 'items', what: '1 item of jobs' },
      null,
      { kind: 'permits', what: '2 permits of semaphore' },
    ])
  })

  test('is told of the scopes that somebody has to close', () => {
    const scopes: KernelTask[] = []
    const interpreter = over(emptySimulation(), { scopeOpened: (root) => void scopes.push(root) })
    createScope({ interpreter, name: 'component' })
    run(suspend, { interpreter })
    expect(scopes.map(({ name }) => name)).toEqual(['component'])
  })

  test('is told of the tasks whose cleanup was abandoned, and what they waited on', () => {
    const told: string[] = []
    const sim = emptySimulation()
    const { task } = start(
      function* main() {
        try {
          yield* suspend()
        } finally {
          yield* suspend()
        }
      },
      { cleanupTimeout: 10 },
      sim,
      over(sim, { abandoned: (abandoned, on) => void told.push(`${abandoned.name}: ${on}`) })
    )
    runNow(sim)
    void task.cancel()
    runAll(sim)
    expect(told).toEqual(['main: suspend()'])
  })

  test('can see which effects run as they are written', () => {
    const seen: [string, boolean][] = []
    const sim = emptySimulation()
    runToEnd(
      function* () {
        yield* call(Date.now)
        yield* action((resume) => resume())
      },
      {},
      sim,
      over(sim, {
        perform(effect, wait) {
          seen.push([effect.name, effect.runsAsWritten])
          sim.interpreter.perform(effect, wait)
        },
      })
    )
    expect(seen).toEqual([
      ['now', false],
      ['action', true],
    ])
  })

  test('can see who could end a join', () => {
    const { task, sim } = start(function* () {
      const child: Task<never> = yield* spawn(suspend, { name: 'child' })
      yield* child
    })
    runNow(sim)
    const { wait } = task as KernelTask
    expect([...wait!.couldBeEndedBy!()].map(({ name }) => name)).toEqual(['child'])
  })
})
