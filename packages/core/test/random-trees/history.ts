/** The log of a run, told body by body and statement by statement, next to what the program says about them. */
import type { Outcome } from 'coppice'
import type { Execution } from './execute.ts'
import { type Entry, type How, type Log, leaves } from './log.ts'
import { type Action, type Body, type Branch, type Program, type Statement } from './program.ts'

type EntryOf<W extends Entry['what']> = Extract<Entry, { what: W }>

export type BodyKind = 'root' | 'branch' | Exclude<Action, { branches: unknown } | { back: number }>['do']

/** One body: when it did what. The entries are undefined if it never did. */
export class BodyHistory {
  readonly id: number
  readonly body: Body
  readonly kind: BodyKind
  /** The statement that it stands in; none for the root. */
  readonly by: StatementHistory | null
  readonly branch: Branch | null
  readonly inner: BodyHistory[] = []
  readonly statements: StatementHistory[] = []
  opened?: EntryOf<'opened'>
  provides?: EntryOf<'provides'>
  entered?: EntryOf<'entered'>
  left?: EntryOf<'left'>
  unwinding?: EntryOf<'unwinding'>
  closed?: EntryOf<'closed'>
  /** All of its entries. */
  readonly entries: Entry[] = []
  readonly requests: EntryOf<'requested'>[] = []
  #lastEntry: Entry | null | undefined
  #firstError: number | undefined

  constructor(body: Body, kind: BodyKind, by: StatementHistory | null, branch: Branch | null) {
    this.id = body.id
    this.body = body
    this.kind = kind
    this.by = by
    this.branch = branch
  }

  get outer(): BodyHistory | null {
    return this.by?.body ?? null
  }

  /** True if it owns what is created in it, for a while at least. */
  get isOwner(): boolean {
    return this.kind !== 'declared' && this.kind !== 'native'
  }

  /** True for what an owner holds: tasks, resources and registered cleanups. */
  get isItem(): boolean {
    return this.kind === 'spawn' || this.kind === 'resource' || this.kind === 'ensure'
  }

  get isTask(): boolean {
    return this.kind === 'root' || this.kind === 'spawn'
  }

  /** True if what it owns passes to its caller when it succeeds (R4). */
  get isRegion(): boolean {
    return ['timeout', 'moveOnAfter', 'shield', 'attempt', 'branch'].includes(this.kind)
  }

  get isBackground(): boolean {
    return this.by?.statement.do === 'spawn' && this.by.statement.background
  }

  get how(): How | undefined {
    return this.entered?.how
  }

  /** It was told to return, in its statements or in its cleanup (C12). */
  get wasCancelled(): boolean {
    return this.how === 'cancelled' || this.left?.how === 'cut'
  }

  /** It gave its value: it came to its end, and so did its cleanup. */
  get hasReturned(): boolean {
    return this.how === 'returned' && this.left?.how === 'finished'
  }

  /** The last that happened in it or in anything inside it. */
  get lastEntry(): Entry | null {
    if (this.#lastEntry === undefined) {
      const all = [this.entries.at(-1) ?? null, ...this.inner.map((inner) => inner.lastEntry)]
      this.#lastEntry = all.reduce((a, b) => (a === null || (b !== null && b.at > a.at) ? b : a), null)
    }
    return this.#lastEntry
  }

  /** It and everything inside it. */
  *within(): Generator<BodyHistory, void, undefined> {
    yield this
    for (const inner of this.inner) yield* inner.within()
  }

  /** What it is in, from the inside out, beginning with itself. */
  *lineage(): Generator<BodyHistory, void, undefined> {
    yield this
    if (this.outer !== null) yield* this.outer.lineage()
  }

  /** When the first error arose in it or below it; Infinity if none did. */
  get firstError(): number {
    if (this.#firstError === undefined) {
      const own = this.statements.map(({ threw }) => threw?.at ?? Infinity)
      if (this.left?.how === 'threw') own.push(this.left.at)
      this.#firstError = Math.min(Infinity, ...own, ...this.inner.map(({ firstError }) => firstError))
    }
    return this.#firstError
  }

  hasErrorBefore(at: number): boolean {
    return this.firstError < at
  }

  wasRequestedBefore(at: number): boolean {
    return this.requests.some((request) => request.at < at)
  }

  toString(): string {
    return `${this.kind} #${this.id}`
  }
}

/** One statement: when it began, and how it ended. */
export class StatementHistory {
  readonly statement: Statement
  readonly body: BodyHistory
  readonly isCleanup: boolean
  /** The bodies in it, in the order in which they are written. */
  readonly inner: BodyHistory[] = []
  began?: EntryOf<'began'>
  received?: EntryOf<'received'>
  threw?: EntryOf<'threw'>
  performed?: Entry
  answered?: Entry
  aborted?: Entry

  constructor(statement: Statement, body: BodyHistory, isCleanup: boolean) {
    this.statement = statement
    this.body = body
    this.isCleanup = isCleanup
  }

  get ended(): Entry | undefined {
    return this.received ?? this.threw
  }

  /** When it was over for the body that it stands in: also if that was told to return meanwhile. */
  get over(): Entry | undefined {
    return this.ended ?? (this.isCleanup ? this.body.left : this.body.entered)
  }

  /** In cleanup or under a shield that stands between it and what it asks to cancel, so that it only records the request (C8). */
  isShelteredFrom(target: BodyHistory): boolean {
    for (let place: StatementHistory | null = this; place !== null; place = place.body.by) {
      const { kind } = place.body
      if (place.isCleanup || kind === 'shield' || kind === 'ensure') return true
      if (place.body === target) return false
    }
    return false
  }

  toString(): string {
    return `${this.statement.do} s${this.statement.id} in #${this.body.id}`
  }
}

export class History {
  readonly program: Program
  readonly log: Log
  readonly end: Execution['end']
  readonly root: BodyHistory
  readonly bodies = new Map<number, BodyHistory>()
  readonly statements = new Map<number, StatementHistory>()
  /** What happened twice that may only happen once. */
  readonly repeated: Entry[] = []

  constructor(program: Program, { log, end }: Execution) {
    this.program = program
    this.log = log
    this.end = end
    this.root = this.#body(program.root, 'root', null, null)
    for (const entry of log.entries) this.#read(entry)
  }

  body(id: number): BodyHistory {
    return this.bodies.get(id)!
  }

  *each(...kinds: BodyKind[]): Generator<BodyHistory, void, undefined> {
    for (const body of this.bodies.values()) {
      if (body.opened !== undefined && (kinds.length === 0 || kinds.includes(body.kind))) yield body
    }
  }

  /** The statements that were begun. */
  *begun(...kinds: Action['do'][]): Generator<StatementHistory, void, undefined> {
    for (const statement of this.statements.values()) {
      if (statement.began !== undefined && (kinds.length === 0 || kinds.includes(statement.statement.do)))
        yield statement
    }
  }

  #body(body: Body, kind: BodyKind, by: StatementHistory | null, branch: Branch | null): BodyHistory {
    const made = new BodyHistory(body, kind, by, branch)
    this.bodies.set(body.id, made)
    for (const statement of body.statements) this.#statement(statement, made, false)
    for (const statement of body.cleanup) this.#statement(statement, made, true)
    return made
  }

  #statement(statement: Statement, body: BodyHistory, isCleanup: boolean): void {
    const made = new StatementHistory(statement, body, isCleanup)
    this.statements.set(statement.id, made)
    body.statements.push(made)
    if ('body' in statement) made.inner.push(this.#body(statement.body, statement.do, made, null))
    else if ('branches' in statement) {
      for (const branch of statement.branches) {
        if (branch.on === 'body') made.inner.push(this.#body(branch.body, 'branch', made, branch))
      }
    }
    body.inner.push(...made.inner)
  }

  #read(entry: Entry): void {
    const body = this.body(entry.body)
    if (entry.what === 'requested') {
      body.requests.push(entry)
      return
    }
    body.entries.push(entry)
    const place: object = 'statement' in entry ? this.statements.get(entry.statement)! : body
    if (entry.what in place && (place as Record<string, unknown>)[entry.what] !== undefined)
      this.repeated.push(entry)
    Object.assign(place, { [entry.what]: entry })
  }
}

/** The outcomes in what a statement gave. */
export function* outcomesIn(
  statement: Statement,
  value: unknown
): Generator<Outcome<unknown>, void, undefined> {
  if (statement.do === 'attempt' || statement.do === 'moveOnAfter') yield value as Outcome<unknown>
  if (statement.do === 'allSettled') yield* value as Outcome<unknown>[]
}

export function* errorsIn(outcome: Outcome<unknown>): Generator<unknown, void, undefined> {
  if (outcome.status === 'failed') yield* leaves(outcome.error)
}
