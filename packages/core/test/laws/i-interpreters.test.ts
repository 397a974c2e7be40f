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
  self,
  sleep,
  spawn,
  suspend,
} from 'coppice'
import {
  type OutsideEffect,
  type OutsideWait,
  type Primitive,
  Task as KernelTask,
  interpretBy,
  runningTask,
} from 'coppice/kernel'
import { VirtualInterpreter, start } from '../virtual.ts'

describe('I2 what a program starts beside itself', () => {
  test('runs under the interpreter that was set for the time being', () => {
    const interpreter = new VirtualInterpreter()
    const before = interpretBy(interpreter)
    const task = run(() => sleep(1000))
    expect(interpretBy(before)).toBe(interpreter)
    interpreter.advance()
    expect(task.status).toBe('done')
    expect(interpreter.time).toBe(1000)
  })

  test('runs under the one that it names, whatever is set', () => {
    const interpreter = new VirtualInterpreter()
    const before = interpretBy(new VirtualInterpreter())
    const task = run(() => sleep(1), { interpreter })
    interpretBy(before)
    interpreter.advance()
    expect(task.status).toBe('done')
  })
})

describe('the task that runs', () => {
  test('is known to plain code that it calls, and is none outside of tasks', () => {
    expect(runningTask()).toBeNull()
    const { interpreter, task } = start(function* () {
      yield* sleep(1)
      return runningTask() === (yield* self())
    })
    interpreter.advance()
    expect(task.outcome).toEqual({ status: 'done', value: true })
    expect(runningTask()).toBeNull()
  })
})

describe('I1 an interpreter', () => {
  test('is shown the primitives that its tasks make, and what these still hold', () => {
    const seen: string[] = []
    class Shown extends VirtualInterpreter {
      readonly made: Primitive[] = []
      primitiveMade(primitive: Primitive, by: KernelTask | null): void {
        this.made.push(primitive)
        seen.push(`${primitive.name} by ${by?.name}`)
      }
    }
    const interpreter = new Shown()
    const task = run(
      function* main() {
        createChannel({ capacity: 2, name: 'jobs' }).trySend(1)
        createMutex()
        yield* createSemaphore(3).acquire(2)
      },
      { interpreter }
    )
    expect(createChannel({ name: 'outside of tasks' }).length).toBe(0)
    interpreter.advance()
    expect(task.status).toBe('done')
    expect(seen).toEqual(['jobs by main', 'mutex by main', 'semaphore by main'])
    expect(interpreter.made.map((primitive) => primitive.leftover())).toEqual([
      { kind: 'items', what: '1 item of jobs' },
      null,
      { kind: 'permits', what: '2 permits of semaphore' },
    ])
  })

  test('is told of the scopes that somebody has to close', () => {
    class Told extends VirtualInterpreter {
      readonly scopes: KernelTask[] = []
      scopeOpened(root: KernelTask): void {
        this.scopes.push(root)
      }
    }
    const interpreter = new Told()
    createScope({ interpreter, name: 'component' })
    run(suspend, { interpreter })
    expect(interpreter.scopes.map(({ name }) => name)).toEqual(['component'])
  })

  test('is told of the tasks whose cleanup was abandoned, and what they waited on', () => {
    const told: string[] = []
    class Told extends VirtualInterpreter {
      abandoned(task: KernelTask, on: string): void {
        told.push(`${task.name}: ${on}`)
      }
    }
    const interpreter = new Told()
    const { task } = start(
      function* main() {
        try {
          yield* suspend()
        } finally {
          yield* suspend()
        }
      },
      { cleanupTimeout: 10 },
      interpreter
    )
    interpreter.settle()
    void task.cancel()
    interpreter.advance()
    expect(told).toEqual(['main: suspend()'])
  })

  test('can see which effects run as they are written', () => {
    const seen: [string, boolean][] = []
    class Seeing extends VirtualInterpreter {
      override perform(effect: OutsideEffect, wait: OutsideWait): void {
        seen.push([effect.name, effect.runsAsWritten])
        super.perform(effect, wait)
      }
    }
    const { interpreter } = start(
      function* () {
        yield* call(Date.now)
        yield* action((resume) => resume())
      },
      {},
      new Seeing()
    )
    interpreter.advance()
    expect(seen).toEqual([
      ['now', false],
      ['action', true],
    ])
  })

  test('can see who could end a join', () => {
    const { task, interpreter } = start(function* () {
      const child: Task<never> = yield* spawn(suspend, { name: 'child' })
      yield* child
    })
    interpreter.settle()
    const { wait } = task as KernelTask
    expect([...wait!.couldBeEndedBy!()].map(({ name }) => name)).toEqual(['child'])
  })
})
