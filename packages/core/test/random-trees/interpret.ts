/** Runs a program that is written as data, and logs what happens in it. */
import {
  type Operation,
  type Provide,
  type Scope,
  type Startable,
  type Task,
  action,
  all,
  allSettled,
  any,
  attempt,
  cancel,
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
  suspend,
  timeout,
  use,
} from 'coppice'
import { type How, Log, Thrown } from './log.ts'
import type { Body, Branch, Statement } from './program.ts'

/** A callback that the world owes the program. */
interface Callback {
  due: number
  call(): void
}

/** What a body knows of itself while it runs. */
interface Activation {
  readonly body: Body
  /** The body that delegates to this one natively, if one does. */
  readonly outer: Activation | null
  how: How
  /** The error under way through it; in cleanup, only one that was thrown there. */
  thrown: { error: unknown } | undefined
  /** It was told to return, whatever a `finally` further in then threw. */
  told: boolean
}

type Generated = Generator<any, string, any>

export class Interpretation {
  readonly log = new Log()
  readonly tasks = new Map<number, Task>()
  readonly scopes = new Map<number, Scope>()
  #callbacks: Callback[] = []

  /** Calls the callbacks that are due by now, or all of them; false if there was none. */
  callBack(turn: number): boolean {
    const due = this.#callbacks.filter((callback) => callback.due <= turn)
    this.#callbacks = this.#callbacks.filter((callback) => callback.due > turn)
    for (const callback of due) callback.call()
    return due.length > 0
  }

  requestTask(id: number): void {
    const task = this.tasks.get(id)
    if (task === undefined) return // It has not been spawned.
    this.log.add({ what: 'requested', body: id, grace: 0 })
    void task.cancel(`request of #${id}`)
  }

  requestScope(id: number): void {
    const scope = this.scopes.get(id)
    if (scope === undefined) return // It has not been opened.
    this.log.add({ what: 'requested', body: id, grace: 0 })
    scope.cancel(`request of #${id}`)
  }

  *body(body: Body, outer: Activation | null = null, provide?: Provide<string>): Generated {
    const activation: Activation = { body, outer, how: 'cancelled', thrown: undefined, told: false }
    this.log.add({ what: 'opened', body: body.id })
    try {
      for (const statement of body.statements) {
        if (this.#isVoid(statement)) continue
        try {
          const step = this.#begin(statement, activation)
          this.#received(statement, body, step === null ? undefined : yield* step)
        } catch (error) {
          this.#threw(statement, activation, error)
        }
      }
      if (provide !== undefined) {
        this.log.add({ what: 'provides', body: body.id })
        yield* provide(`r${body.id}`)
      }
      activation.how = 'returned'
      return `v${body.id}`
    } catch (error) {
      activation.how = 'threw'
      activation.thrown = { error }
      throw error
    } finally {
      this.#entered(activation)
      let finished = false
      try {
        for (const statement of body.cleanup) {
          if (this.#isVoid(statement)) continue
          try {
            const step = this.#begin(statement, activation)
            this.#received(statement, body, step === null ? undefined : yield* step)
          } catch (error) {
            this.#threw(statement, activation, error)
          }
        }
        finished = true
      } finally {
        this.#left(activation, finished)
      }
    }
  }

  #entered(activation: Activation): void {
    const { body, outer, told, thrown } = activation
    const how = told ? 'cancelled' : activation.how
    if (how === 'cancelled' && outer !== null) outer.told = true
    this.log.add({ what: 'entered', body: body.id, how, ...thrown })
    activation.thrown = undefined
  }

  #received(statement: Statement, body: Body, value: unknown): void {
    if (statement.do === 'spawn') this.tasks.set(statement.body.id, value as Task)
    const shown = statement.do === 'spawn' ? 'the task' : statement.do === 'ensure' ? undefined : value
    this.log.add({ what: 'received', body: body.id, statement: statement.id, value: shown })
  }

  #threw(statement: Statement, activation: Activation, error: unknown): void {
    const { body } = activation
    this.log.add({ what: 'threw', body: body.id, statement: statement.id, error, caught: statement.caught })
    if (statement.caught) return
    activation.thrown = { error }
    throw error
  }

  #left({ body, thrown }: Activation, finished: boolean): void {
    const how = finished ? 'finished' : thrown === undefined ? 'cut' : 'threw'
    this.log.add({ what: 'left', body: body.id, how, ...thrown })
  }

  /** A plain function as cleanup: it can only throw or request. */
  #function(body: Body): void {
    const activation: Activation = { body, outer: null, how: 'returned', thrown: undefined, told: false }
    this.log.add({ what: 'opened', body: body.id })
    this.#entered(activation)
    let finished = false
    try {
      for (const statement of body.statements) {
        if (this.#isVoid(statement)) continue
        this.log.add({ what: 'began', body: body.id, statement: statement.id })
        try {
          this.#now(statement)
          this.#received(statement, body, undefined)
        } catch (error) {
          this.#threw(statement, activation, error)
        }
      }
      finished = true
    } finally {
      this.#left(activation, finished)
    }
  }

  /** The statements that wait for nothing and yield nothing. */
  #now(statement: Statement): void {
    if (statement.do === 'request') this.requestTask(statement.target)
    else if (statement.do === 'requestScope') this.requestScope(statement.target)
    else throw new Thrown(statement.id)
  }

  /** True if it is about a task that has not been spawned, or a scope that was never opened. */
  #isVoid(statement: Statement): boolean {
    if (statement.do === 'requestScope') return !this.scopes.has(statement.target)
    return 'target' in statement && !this.tasks.has(statement.target)
  }

  #begin(statement: Statement, activation: Activation): Operation<unknown> | null {
    this.log.add({ what: 'began', body: activation.body.id, statement: statement.id })
    return this.#operation(statement, activation)
  }

  #operation(statement: Statement, activation: Activation): Operation<unknown> | null {
    switch (statement.do) {
      case 'sleep':
        return sleep(statement.ms)
      case 'pause':
        return pause()
      case 'suspend':
        return suspend()
      case 'callback':
        return this.#callback(statement, activation.body)
      case 'scope':
        return scope(
          (handle) => {
            this.scopes.set(statement.body.id, handle)
            return this.body(statement.body)
          },
          { name: `#${statement.body.id}` }
        )
      case 'declared':
        return operation(`#${statement.body.id}`, () => this.body(statement.body))()
      case 'native':
        return this.body(statement.body, activation)
      case 'shield':
        return shield(() => this.body(statement.body))
      case 'attempt':
        return attempt(() => this.body(statement.body))
      case 'resource':
        return resource<string>((provide) => this.body(statement.body, null, provide))
      case 'timeout':
        return timeout(statement.ms, () => this.body(statement.body))
      case 'moveOnAfter':
        return moveOnAfter(statement.ms, () => this.body(statement.body))
      case 'spawn':
        return spawn(() => this.body(statement.body), {
          name: `#${statement.body.id}`,
          background: statement.background,
        })
      case 'ensure':
        return this.#ensure(statement)
      case 'select': {
        const branches = statement.branches.map((branch) => this.#branch(branch))
        return select(Object.fromEntries(branches.map((branch, index) => [`b${index}`, branch])))
      }
      case 'race':
        return race(statement.branches.map((branch) => this.#branch(branch)))
      case 'any':
        return any(statement.branches.map((branch) => this.#branch(branch)))
      case 'all':
        return all(statement.branches.map((branch) => this.#branch(branch)))
      case 'allSettled':
        return allSettled(statement.branches.map((branch) => this.#branch(branch)))
      case 'join':
        return this.tasks.get(statement.target)!
      case 'cancel':
        return this.#cancel(statement)
      default:
        this.#now(statement)
        return null
    }
  }

  #branch(branch: Branch): Startable<unknown> {
    if (branch.on === 'body') return () => this.body(branch.body)
    if (branch.on === 'sleep') return sleep(branch.ms)
    return this.tasks.get(branch.target) ?? sleep(1)
  }

  #cancel({ id, target, grace }: Statement & { do: 'cancel' }): Operation<void> {
    const task = this.tasks.get(target)!
    this.log.add({ what: 'requested', body: target, grace, by: id })
    return cancel(task, { reason: `cancel of #${target}`, grace })
  }

  #ensure({ form, body }: Statement & { do: 'ensure' }): Operation<unknown> {
    if (form === 'operation') return ensure(() => this.body(body))
    if (form === 'function') return ensure(() => this.#function(body))
    return use({ [Symbol.dispose]: () => this.#function(body) })
  }

  #callback({ id, after, fails }: Statement & { do: 'callback' }, body: Body): Operation<string> {
    const { log } = this
    return action<string>((resume, fail) => {
      log.add({ what: 'performed', body: body.id, statement: id })
      let pending = true
      const call = () => {
        if (pending) log.add({ what: 'answered', body: body.id, statement: id })
        pending = false
        if (fails) fail(new Thrown(id))
        else resume(`c${id}`)
      }
      if (after === 0) call()
      else this.#callbacks.push({ due: log.turn + after, call })
      return () => {
        pending = false
        log.add({ what: 'aborted', body: body.id, statement: id })
      }
    })
  }
}
