/** The machine under its own explorer: random programs whose tasks always end, under many schedules and every fault. */
import * as fc from 'fast-check'
import {
  CancelledError,
  type Operation,
  type Task,
  TimeoutError,
  all,
  attempt,
  cancel,
  defineEffect,
  ensure,
  moveOnAfter,
  operation,
  pause,
  race,
  resource,
  scope,
  select,
  shield,
  sleep,
  spawn,
  timeout,
} from 'coppice'
import {
  FaultError,
  after,
  cancelEverywhere,
  deadlines,
  exhaustive,
  explore,
  pct,
  random,
  throwEverywhere,
} from '@coppice/testing'

const reach = defineEffect('reach', (_where: string) => 0)

/** What a program is made of. */
type Part =
  | { kind: 'pause' | 'sleep' | 'reach' | 'throw' | 'cancelLast' | 'joinLast' }
  | { kind: Block; parts: readonly Part[] }
type Block =
  | 'spawn'
  | 'background'
  | 'scope'
  | 'cancelledScope'
  | 'shield'
  | 'attempt'
  | 'timeout'
  | 'moveOn'
  | 'select'
  | 'race'
  | 'all'
  | 'resource'
  | 'ensure'
  | 'finally'

const leaf = fc.constantFrom(
  ...(['pause', 'sleep', 'reach', 'throw', 'cancelLast', 'joinLast'] as const).map((kind) => ({ kind }))
)
const blocks = [
  ...(['spawn', 'background', 'scope', 'cancelledScope', 'shield', 'attempt', 'timeout', 'moveOn'] as const),
  ...(['select', 'race', 'all', 'resource', 'ensure', 'finally'] as const),
] as const
const { parts } = fc.letrec<{ part: Part; parts: readonly Part[] }>((tie) => ({
  part: fc.oneof({ maxDepth: 3 }, leaf, fc.record({ kind: fc.constantFrom(...blocks), parts: tie('parts') })),
  parts: fc.array(tie('part'), { minLength: 1, maxLength: 3 }),
}))

class Thrown extends Error {}

/** A program, and what is open in it: cleanup that has been promised and has not been begun. */
function programOf(written: readonly Part[]) {
  let open = 0
  const perform = function* (list: readonly Part[]): Operation<number> {
    let last: Task | undefined
    for (const part of list) {
      switch (part.kind) {
        case 'pause':
          yield* pause()
          break
        case 'sleep':
          yield* sleep(1)
          break
        case 'reach':
          yield* reach('x')
          break
        case 'throw':
          throw new Thrown('on purpose')
        case 'cancelLast':
          if (last !== undefined) yield* cancel(last)
          break
        case 'joinLast':
          if (last !== undefined) yield* last
          break
        case 'spawn':
        case 'background':
          last = yield* spawn(() => perform(part.parts), { background: part.kind === 'background' })
          break
        default:
          yield* block(part.kind, () => perform(part.parts))
      }
    }
    return 0
  }
  const block = (kind: Block, inner: () => Operation<number>): Operation<unknown> => {
    switch (kind) {
      case 'scope':
        return scope(inner)
      case 'cancelledScope':
        return attempt(
          scope(function* (own) {
            yield* spawn(inner)
            yield* pause()
            own.cancel('enough')
          })
        )
      case 'shield':
        return shield(inner)
      case 'attempt':
        return attempt(inner)
      case 'timeout':
        return timeout(1, inner)
      case 'moveOn':
        return moveOnAfter(1, inner)
      case 'select':
        return select({ inner, late: sleep(1), other: () => inner() })
      case 'race':
        return race([inner, sleep(2)])
      case 'all':
        return all([inner, sleep(1), () => inner()])
      case 'resource':
        return resource<number>(function* (provide) {
          yield* inner()
          open++
          try {
            yield* provide(1)
          } finally {
            open--
            yield* sleep(1)
          }
        })
      case 'ensure':
        open++
        return ensure(function* () {
          open--
          yield* sleep(1)
        })
      default:
        return guarded(inner)
    }
  }
  const guarded = operation('guarded', function* (inner: () => Operation<number>) {
    open++
    try {
      yield* scope(inner)
    } finally {
      open--
      yield* pause()
    }
  })
  return {
    *program() {
      open = 0
      yield* perform(written)
    },
    isClosed: () => open === 0,
  }
}

/** What programs may end with: their own errors, and those of the operations that they use. */
const mayFail = (error: unknown): boolean =>
  [Thrown, FaultError, TimeoutError, CancelledError].some((kind) => error instanceof kind)

test('no program of ours hangs, spins, leaks, or loses a cleanup', () => {
  const runs = Number(process.env['COPPICE_RUNS'] ?? 60)
  const seed = Number(process.env['COPPICE_SEED'] ?? 11)
  fc.assert(
    fc.property(parts, fc.constantFrom('exhaustive', 'random', 'pct'), (written, strategy) => {
      const { program, isClosed } = programOf(written)
      const report = explore(program, {
        strategy: { exhaustive: exhaustive({ bound: 2 }), random: random(), pct: pct() }[strategy]!,
        runs: 150,
        answers: [['reach', after(1, 0)]],
        faults: [cancelEverywhere(), throwEverywhere(), deadlines()],
        check: isClosed,
        mayFail,
      })
      if (report.failure !== undefined)
        throw new Error(`${report}\n${JSON.stringify(written)}`, { cause: report.failure.error })
    }),
    { numRuns: runs, seed }
  )
})
