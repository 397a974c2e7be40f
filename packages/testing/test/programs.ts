/** Programs that several tests explore. */
import { type Operation, operation, pause, spawn } from 'coppice'

/** Takes so many steps. */
export const stepper = (steps: number) =>
  function* stepper() {
    for (let i = 1; i < steps; i++) yield* pause()
  }

/** So many tasks of so many steps each. */
export function grid(tasks: number, steps: number): () => Operation<void> {
  const body = stepper(steps)
  return function* grid() {
    for (let i = 0; i < tasks; i++) yield* spawn(body)
  }
}

/** Tasks of so many steps each. */
export function tasksOf(steps: readonly number[]): () => Operation<void> {
  const bodies = steps.map(stepper)
  return function* tasks() {
    for (const body of bodies) yield* spawn(body)
  }
}

/**
 * Three deposits on one account. In production's order all is well: each reads and writes in turn. One departure loses a deposit.
 */
export function bank() {
  let balance = 0
  const deposit = operation('deposit', function* (waits: number) {
    for (let i = 0; i < waits; i++) yield* pause()
    const seen = balance
    // Somebody else may deposit meanwhile, if the queue is not in production's order.
    if (waits !== seen) yield* pause()
    balance = seen + 1
  })
  return {
    program: function* bank() {
      balance = 0
      for (let i = 0; i < 3; i++) yield* spawn(deposit(i))
    },
    check: () => balance === 3,
  }
}
