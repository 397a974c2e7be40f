/** I1 and I2: what the seam tells an interpreter, and where programs run that other programs start. */
import { type Task, action, call, createScope, run, self, sleep, spawn, suspend } from 'coppice'
import {
  type OutsideEffect,
  type OutsideWait,
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
