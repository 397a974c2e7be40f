/** Drives a program to its end in virtual time, with the requests that come from outside. */
import type { Observer, Task } from 'coppice'
import { type Simulation, simulate } from '@coppice/testing'
import { inEarnest } from '../virtual.ts'
import { Interpretation } from './interpret.ts'
import type { Log } from './log.ts'
import { type Body, type Order, type Program, type Request, allBodies, bodiesOf } from './program.ts'

const MAX_TURNS = 20_000

export interface Execution {
  log: Log
  /** Everything that could not be told from the log: what is left when nothing can happen any more. */
  end: {
    rootClosed: boolean
    pendingTimers: number
    statuses: ReadonlyMap<number, string>
    tooLong: boolean
    crash?: unknown
  }
  /** The picks that were made, to shorten a random order. */
  picks: number[]
}

/** The program must be `normalised`. */
export function execute(program: Program): Execution {
  const interpretation = new Interpretation()
  const { log, tasks } = interpretation
  const picks: number[] = []
  const choose = picker(program.order)
  const requests = new Requests(program, interpretation)
  const sim = simulate(() => interpretation.body(program.root), {
    name: `#${program.root.id}`,
    observers: [observer(log)],
    answers: inEarnest,
    maxSteps: Infinity,
    pick(count) {
      const pick = choose(count)
      picks.push(pick)
      return pick
    },
  })
  log.clock = sim
  const root: Task = sim.root
  tasks.set(program.root.id, root)
  const world: World = { sim, log, requests, interpretation }
  const end: Execution['end'] = { rootClosed: false, pendingTimers: 0, statuses: new Map(), tooLong: false }
  try {
    for (const instant of requests.instants) {
      idle(world, instant)
      requests.at(instant)
    }
    idle(world, Infinity)
    if (root.outcome === undefined) interpretation.requestTask(program.root.id)
    idle(world, Infinity)
  } catch (error) {
    if (error instanceof TooLong) end.tooLong = true
    else end.crash = error
  }
  end.rootClosed = root.outcome !== undefined
  end.pendingTimers = sim.timers
  end.statuses = new Map([...tasks].map(([id, task]) => [id, task.status]))
  return { log, end, picks }
}

interface World {
  readonly sim: Simulation
  readonly log: Log
  readonly requests: Requests
  readonly interpretation: Interpretation
}

/** Runs up to and with an instant, until the world owes the program nothing. */
function idle(world: World, until: number): void {
  const { sim, interpretation } = world
  do {
    while (turn(world) || (sim.nextTimer <= until && sim.jump()));
    if (until < Infinity) sim.jump(until)
  } while (interpretation.callBack(Infinity))
}

class TooLong extends Error {}

/** One step, and what comes from outside before it; false if none can be taken without the clock. */
function turn({ sim, log, requests, interpretation }: World): boolean {
  requests.before(log.turn)
  interpretation.callBack(log.turn)
  if (sim.ready === 0) return false
  log.turn++
  if (log.turn > MAX_TURNS) throw new TooLong()
  return sim.step()
}

function observer(log: Log): Observer {
  const bodyOf = (task: Task) => (task.name.startsWith('#') ? Number(task.name.slice(1)) : 0)
  return {
    unwinding(task) {
      if (bodyOf(task) > 0) log.add({ what: 'unwinding', body: bodyOf(task) })
    },
    closed(task) {
      if (bodyOf(task) > 0) log.add({ what: 'closed', body: bodyOf(task), outcome: task.outcome! })
    },
  }
}

class Requests {
  readonly #program: Program
  readonly #interpretation: Interpretation
  #turns: Request[]
  readonly instants: number[]

  constructor(program: Program, interpretation: Interpretation) {
    this.#program = program
    this.#interpretation = interpretation
    this.#turns = program.requests.filter(({ when }) => 'turn' in when)
    this.instants = program.requests
      .flatMap(({ when }) => ('instant' in when ? [when.instant] : []))
      .sort((a, b) => a - b)
      .filter((instant, index, all) => instant !== all[index - 1])
  }

  before(turn: number): void {
    if (this.#turns.length === 0) return
    const isDue = ({ when }: Request) => 'turn' in when && when.turn <= turn
    const due = this.#turns.filter(isDue)
    this.#turns = this.#turns.filter((request) => !isDue(request))
    for (const request of due) this.#make(request)
  }

  at(instant: number): void {
    for (const request of this.#program.requests) {
      if ('instant' in request.when && request.when.instant === instant) this.#make(request)
    }
  }

  #make({ of, index }: Request): void {
    const target = targetOf(this.#program, of, index)
    if (target === undefined) return
    if (of === 'scope') this.#interpretation.requestScope(target.id)
    else this.#interpretation.requestTask(target.id)
  }
}

/** The body that a request from outside is about. */
export function targetOf(program: Program, of: Request['of'], index: number): Body | undefined {
  if (of === 'root') return program.root
  const bodies =
    of === 'scope'
      ? inStatements(program.root, 'scope')
      : [program.root, ...inStatements(program.root, 'spawn')]
  return bodies[index % Math.max(1, bodies.length)]
}

function inStatements(root: Body, kind: 'scope' | 'spawn'): Body[] {
  const found: Body[] = []
  for (const body of allBodies(root)) {
    for (const statement of [...body.statements, ...body.cleanup]) {
      if (statement.do === kind) found.push(...bodiesOf(statement))
    }
  }
  return found
}

function picker(order: Order): (length: number) => number {
  if (order.kind === 'fifo') return () => 0
  if (order.kind === 'listed') {
    let next = 0
    return (length) => Math.min(order.picks[next++] ?? 0, length - 1)
  }
  const random = mulberry32(order.seed)
  return (length) => Math.floor(random() * length)
}

/** A small generator of numbers from 0 to 1 that looks random enough. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
