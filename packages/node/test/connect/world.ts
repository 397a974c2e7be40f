/**
 * A host in virtual time: when its lookups answer what, and how each address behaves when it is dialled. All that happens is
 * written down with its instant.
 */
import { ConnectError, type ConnectOptions, type Family, type Target, connect } from '@coppice/node'
import { type Operation, type Task, operation, pause, sleep } from 'coppice'
import type { SimulateOptions, Simulation } from '@coppice/testing'
import { emptySimulation, runAll, start } from '../../../core/test/virtual.ts'

/** After how many milliseconds, and with what. A list of delays is slept through one after the other. */
export interface Answer {
  after?: number | readonly number[]
  gives?: readonly string[]
  throws?: unknown
  /** How long the cleanup takes when it is cancelled. */
  cleanup?: number
}

export interface Behaviour {
  after?: number | readonly number[]
  /** How often it then lets others have their turn, within the instant. */
  pauses?: number
  /** It opens unless it throws. */
  throws?: unknown
  cleanup?: number
}

export class Socket {
  readonly address: string
  destroyed = 0
  readonly #note: (what: string) => void

  constructor(address: string, note: (what: string) => void) {
    this.address = address
    this.#note = note
  }

  destroy(): void {
    this.destroyed++
    this.#note(`destroy ${this.address}`)
  }
}

export interface Plan extends Partial<Omit<ConnectOptions<Socket>, 'resolve' | 'dial'>> {
  /** The answers to AAAA and A; one that is missing never comes. */
  ipv6?: Answer
  ipv4?: Answer
  /** By address; one that is missing never answers. */
  addresses?: Record<string, Behaviour>
}

export class World {
  readonly lines: string[] = []
  readonly sockets: Socket[] = []
  readonly targets: Target[] = []
  readonly sim: Simulation
  readonly #plan: Plan

  constructor(plan: Plan, options?: SimulateOptions) {
    this.#plan = plan
    this.sim = emptySimulation(options)
  }

  /** The lines that begin with one of these words after the instant; without the word. */
  log(...words: string[]): string[] {
    return this.lines.filter((line) => words.includes(line.split(' ')[1]!))
  }

  /** When what was dialled. */
  get dials(): string[] {
    return this.log('dial').map((line) => line.replace('dial ', ''))
  }

  connect(): Operation<Socket> {
    const { ipv4: _4, ipv6: _6, addresses: _, ...options } = this.#plan
    return connect<Socket>({
      host: 'host.example',
      port: 443,
      ...options,
      resolve: this.resolve,
      dial: this.dial,
    })
  }

  /** Connects, and lets go of the socket at once; gives who has won, or the error. */
  run(): { at: number; won?: string; error?: ConnectError } {
    const result: { at: number; won?: string; error?: ConnectError } = { at: -1 }
    const task = this.start(() => this.#use(result))
    runAll(this.sim)
    const { outcome } = task
    if (outcome?.status === 'done') return result
    if (outcome?.status !== 'failed') throw new Error(`It waits for ever:\n${this.lines.join('\n')}`)
    if (!(outcome.error instanceof ConnectError)) throw outcome.error
    return { at: this.sim.now, error: outcome.error }
  }

  start<T>(program: () => Operation<T>): Task<T> {
    return start(program, {}, this.sim).task
  }

  readonly note = (what: string): void => {
    this.lines.push(`${this.sim.now} ${what}`)
  };

  *#answer<A extends Behaviour, T>(what: string, answer: A, give: (answer: A) => T) {
    const { after = 0, pauses = 0, throws, cleanup = 0 } = answer
    let ended = false
    try {
      for (const ms of typeof after === 'number' ? [after] : after) if (ms > 0) yield* sleep(ms)
      for (let i = 0; i < pauses; i++) yield* pause()
      ended = true
      if (throws !== undefined) throw throws
      return give(answer)
    } finally {
      if (!ended) {
        this.note(`cancel ${what}`)
        if (cleanup > 0) yield* sleep(cleanup)
        this.note(`end ${what}`)
      }
    }
  }

  *#use(result: { at: number; won?: string }) {
    const socket = yield* this.connect()
    this.note(`given ${socket.address}`)
    result.at = this.sim.now
    result.won = socket.address
  }

  readonly resolve = operation('resolve', (host: string, family: Family) => {
    this.note(`resolve ${family}`)
    return this.#answer(
      `lookup ${family}`,
      this.#plan[`ipv${family}`] ?? { after: Infinity },
      ({ gives = [] }) => gives
    )
  })

  readonly dial = operation('dial', (target: Target) => {
    const { address } = target
    this.note(`dial ${address}`)
    this.targets.push(target)
    return this.#answer(`attempt ${address}`, this.#plan.addresses?.[address] ?? { after: Infinity }, () => {
      const socket = new Socket(address, this.note)
      this.sockets.push(socket)
      this.note(`open ${address}`)
      return socket
    })
  })
}

/** An error as the host gives it. */
export function hostError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}
