/** Runs a random program on the primitives and on their model at once, and compares the two after each step. */
import {
  type Channel,
  ChannelClosedError,
  ChannelFullError,
  type Deferred,
  type TaskEvent,
  MisuseError,
  type Operation,
  type Semaphore,
  type Subscription,
  type Task,
  type Watch,
  createChannel,
  createDeferred,
  createEvent,
  createSemaphore,
  createWatch,
  ensure,
  pause,
  run,
  scope,
  select,
  sleep,
  spawn,
} from 'coppice'
import type { Simulation } from '@coppice/testing'
import { emptySimulation, stepNow } from '../virtual.ts'
import { CLOSED, ENDLESS, FULL, Model, ModelOperation } from './model.ts'
import type { Act, Alternative, Program, Statement } from './programs.ts'

/** What is known of one of the tasks. */
class Actor {
  task!: Task
  cancelRequested = false
  operation: ModelOperation | null = null
  readonly held: number[]

  constructor(semaphores: number) {
    this.held = new Array(semaphores).fill(0)
  }
}

export class World {
  readonly #model: Model
  readonly #channels: Channel<number>[]
  readonly #semaphores: Semaphore[]
  readonly #subscriptions: Subscription<number>[] = []
  readonly #event: TaskEvent = createEvent()
  readonly #deferred: Deferred<number> = createDeferred()
  readonly #watch: Watch<number> = createWatch(0)
  readonly #actors: Actor[]
  readonly #sim: Simulation
  readonly #program: Program
  #pick = 0
  #items = 0
  readonly #sent = new Set<number>()
  readonly #received: number[] = []

  constructor(program: Program) {
    this.#program = program
    this.#model = new Model(program.setting)
    this.#channels = program.setting.channels.map((options) => createChannel(options))
    this.#semaphores = program.setting.semaphores.map((size) => createSemaphore(size))
    this.#actors = program.tasks.map(() => new Actor(program.setting.semaphores.length))
    this.#sim = emptySimulation({ pick: (count) => this.#pick % count })
  }

  execute(): void {
    const root = run(this.#root(), { interpreter: this.#sim.interpreter })
    const sim = this.#sim
    // The root subscribes and spawns.
    stepNow(sim)
    for (const { pick, act, jump } of this.#program.schedule) {
      this.#pick = pick
      if (act !== null) this.#perform(act)
      if (jump) this.#tick()
      stepNow(sim)
      this.#compare()
    }
    this.#pick = 0
    while (sim.now < 10) {
      while (stepNow(sim)) this.#compare()
      this.#tick()
    }
    for (const index of this.#actors.keys()) this.#perform({ act: 'cancel', task: index })
    while (stepNow(sim)) this.#compare()
    if (root.outcome?.status === 'failed') throw root.outcome.error
    expect(root.outcome?.status).toBe('done')
    expect(sim.timers).toBe(0)
    this.#conserved()
  }

  *#root() {
    for (const channel of this.#channels) this.#subscriptions.push(yield* channel)
    for (const [index, statements] of this.#program.tasks.entries()) {
      const actor = this.#actors[index]!
      actor.task = yield* spawn(this.#statements(actor, statements), { name: `task ${index}` })
    }
  }

  #tick(): void {
    const instant = this.#sim.now + 1
    this.#model.fire(instant)
    this.#sim.jump(instant)
    this.#compare()
  }

  *#statements(actor: Actor, statements: readonly Statement[]): Generator<any, void, any> {
    for (const statement of statements) {
      if ('select' in statement) yield* this.#select(actor, statement.select)
      else if ('pause' in statement) yield* pause()
      else if ('hold' in statement) yield* scope(this.#hold(actor, statement.hold, statement.inside))
      else this.#perform(statement)
    }
  }

  *#hold(actor: Actor, on: number, inside: readonly Statement[]): Generator<any, void, any> {
    let held = false
    const giveBack = () => {
      if (!held) return
      actor.held[on]!--
      this.#model.release(on, 0)
    }
    // Older than what is held, so it runs right after that has been given back.
    yield* ensure(giveBack)
    const got = yield* this.#select(actor, [{ do: 'acquire', on, n: 1, byUse: true }])
    if (!got) return
    held = true
    actor.held[on]!++
    yield* this.#statements(actor, inside)
  }

  /** True if it gave a value. */
  *#select(actor: Actor, drawn: readonly Alternative[]): Generator<any, boolean, any> {
    const alternatives = drawn.map((each) => (each.do === 'send' ? { ...each, item: ++this.#items } : each))
    const operation = new ModelOperation(alternatives, this.#sim.now, actor.held)
    const effects = alternatives.map((each) => this.#effect(each))
    // C2: it does not begin if a request is to be delivered.
    if (actor.cancelRequested) operation.state = 'cancelled'
    else this.#model.begin(operation)
    actor.operation = operation
    let result: unknown
    let unwinds = true
    try {
      if (effects.length === 1) result = { index: 0, value: yield* effects[0]! }
      else {
        const { key, value } = yield* select(effects)
        result = { index: key, value }
      }
      unwinds = false
    } catch (error) {
      unwinds = false
      result = { error: errorOf(error) }
    } finally {
      actor.operation = null
      if (unwinds) expect(operation.state).toBe('cancelled')
    }
    expect(operation.state).toBe('committed')
    const expected = operation.result!
    expect(result).toEqual('error' in expected ? { error: expected.error } : expected)
    if ('error' in expected) return false
    this.#account(alternatives[expected.index]!, expected.value)
    return true
  }

  #account(alternative: Alternative, value: unknown): void {
    if (alternative.do === 'send') this.#sent.add(alternative.item)
    if (alternative.do === 'receive') this.#received.push(value as number)
    if (alternative.do !== 'next') return
    const step = value as IteratorResult<number, void>
    if (!step.done) this.#received.push(step.value)
  }

  #effect(alternative: Alternative): Operation<unknown> {
    switch (alternative.do) {
      case 'send':
        return this.#channels[alternative.on]!.send(alternative.item)
      case 'receive':
        return this.#channels[alternative.on]!.receive()
      case 'next':
        return this.#subscriptions[alternative.on]!.next()
      case 'acquire': {
        const semaphore = this.#semaphores[alternative.on]!
        return alternative.byUse ? semaphore.use(alternative.n) : semaphore.acquire(alternative.n)
      }
      case 'wait':
        return this.#event.wait()
      case 'result':
        return this.#deferred
      case 'change':
        return this.#watch.next()
      case 'sleep':
        return sleep(alternative.ms)
    }
  }

  #perform(act: Act): void {
    const model = this.#model
    switch (act.act) {
      case 'trySend': {
        const item = ++this.#items
        const sent = this.#channels[act.on]!.trySend(item)
        expect(sent).toBe(model.trySend(act.on, item))
        if (sent) this.#sent.add(item)
        return
      }
      case 'tryReceive': {
        const got = this.#channels[act.on]!.tryReceive()
        expect(got).toEqual(model.tryReceive(act.on))
        if (got !== undefined) this.#received.push(got.value)
        return
      }
      case 'tryAcquire':
        return expect(this.#semaphores[act.on]!.tryAcquire()).toBe(model.tryAcquire(act.on, 1))
      case 'release':
        if (model.semaphores[act.on]!.byHand === 0) return
        this.#semaphores[act.on]!.release()
        return model.release(act.on, 1)
      case 'close': {
        const error = act.withError ? 'closed with an error' : undefined
        this.#channels[act.on]!.close(error)
        return model.close(act.on, error)
      }
      case 'cancel': {
        const actor = this.#actors[act.task]
        // It ends the tasks that a program may lack, too.
        if (actor === undefined) return
        actor.cancelRequested = true
        void actor.task.cancel()
        if (actor.operation !== null) model.cancel(actor.operation)
        return
      }
      default:
        return this.#performOnLatch(act.act)
    }
  }

  #performOnLatch(act: 'set' | 'reset' | 'resolve' | 'reject' | 'change'): void {
    const value = ++this.#items
    if (act === 'set') {
      this.#event.set()
      this.#model.set()
    } else if (act === 'reset') {
      this.#event.reset()
      this.#model.isSet = false
    } else if (act === 'resolve') {
      this.#deferred.resolve(value)
      this.#model.settle({ value })
    } else if (act === 'reject') {
      this.#deferred.reject(value)
      this.#model.settle({ error: value })
    } else {
      this.#watch.set(value)
      this.#model.change(value)
    }
  }

  #compare(): void {
    const model = this.#model
    const expected = JSON.stringify([
      model.channels.map((each) => [
        each.items.length,
        each.senders.length,
        each.receivers.length,
        each.isClosed,
      ]),
      model.semaphores.map((each) => [each.free, each.waiting.length]),
    ])
    const seen = JSON.stringify([
      this.#channels.map((each) => [each.length, each.waitingSenders, each.waitingReceivers, each.isClosed]),
      this.#semaphores.map((each) => [each.available, each.waiting]),
    ])
    // Jest's own comparison takes most of the time.
    if (seen !== expected) expect(seen).toBe(expected)
  }

  /** What was sent was received once, or dropped, or is still there; and permits in are permits out. */
  #conserved(): void {
    const left: number[] = []
    for (const channel of this.#channels)
      for (let got = channel.tryReceive(); got !== undefined; got = channel.tryReceive()) left.push(got.value)
    const all = [...this.#received, ...left, ...this.#model.dropped]
    expect(all.sort((a, b) => a - b)).toEqual([...this.#sent].sort((a, b) => a - b))
    this.#semaphores.forEach((semaphore, index) => {
      const { byHand, size } = this.#model.semaphores[index]!
      if (byHand > 0) semaphore.release(byHand)
      expect(semaphore.available).toBe(size)
    })
  }
}

function errorOf(error: unknown): unknown {
  if (error instanceof ChannelClosedError) return CLOSED
  if (error instanceof ChannelFullError) return FULL
  return error instanceof MisuseError ? ENDLESS : error
}
