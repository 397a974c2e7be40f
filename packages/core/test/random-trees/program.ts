/**
 * Programs as data: trees of statements that `interpret.ts` runs as real coppice programs and `print.ts` shows as code.
 * There are no loops, so every body and every statement happens at most once, and its number names what happened.
 */

/** A generator: `try { statements } finally { cleanup }`. */
export interface Body {
  id: number
  statements: Statement[]
  cleanup: Statement[]
}

/** Another task or scope: the one that was written `back` places before. `target` is the number of its body. */
export interface Target {
  back: number
  target: number
}

export type Branch = { on: 'body'; body: Body } | { on: 'sleep'; ms: number } | ({ on: 'join' } & Target)

export type BranchingKind = 'select' | 'race' | 'any' | 'all' | 'allSettled'

export type Action =
  | { do: 'sleep'; ms: number }
  | { do: 'pause' }
  | { do: 'suspend' }
  | { do: 'callback'; after: number; fails: boolean }
  | { do: 'throw' }
  | { do: 'scope' | 'declared' | 'native' | 'shield' | 'attempt' | 'resource'; body: Body }
  | { do: 'timeout' | 'moveOnAfter'; ms: number; body: Body }
  | { do: 'spawn'; background: boolean; body: Body }
  | { do: 'ensure'; form: 'operation' | 'function' | 'disposable'; body: Body }
  | { do: BranchingKind; branches: Branch[] }
  | ({ do: 'join' } & Target)
  | ({ do: 'cancel'; grace: number } & Target)
  | ({ do: 'request' } & Target)
  | ({ do: 'requestScope' } & Target)

/** `caught`: it stands in a `try` of its own with a `catch` that swallows the error. */
export type Statement = { id: number; caught: boolean } & Action

/** A request from outside: at an instant, when nothing can run, or before the turn of that number. */
export interface Request {
  when: { instant: number } | { turn: number }
  of: 'root' | 'task' | 'scope'
  /** Counts the tasks or scopes of the program in the order in which they are written. */
  index: number
}

/** Which entry of the queue runs next: always the first, a random one, or as listed and then the first. */
export type Order = { kind: 'fifo' } | { kind: 'random'; seed: number } | { kind: 'listed'; picks: number[] }

export interface Program {
  root: Body
  requests: Request[]
  order: Order
}

/** The bodies that stand directly in a statement. */
export function bodiesOf(statement: Action): Body[] {
  if ('body' in statement) return [statement.body]
  if (!('branches' in statement)) return []
  return statement.branches.flatMap((branch) => (branch.on === 'body' ? [branch.body] : []))
}

/** A body and all bodies in it, in the order in which they are written. */
export function* allBodies(body: Body): Generator<Body, void, undefined> {
  yield body
  for (const statement of [...body.statements, ...body.cleanup]) {
    for (const inner of bodiesOf(statement)) yield* allBodies(inner)
  }
}

/** What may stand at a place of the program. */
interface Place {
  /** False where nothing may wait: the cleanup of a native generator, a plain function. */
  waits: boolean
  /** False where a wait that only cancellation ends would hang the program: in cleanup and under a shield. */
  endless: boolean
  /** False in a registered cleanup, which is no block that could own something. */
  owns: boolean
  /** The bodies of this task and of those above it. */
  lineage: readonly Body[]
}

/**
 * The program with numbers given, targets found, and all that would be wrong by the user's own fault left out: waits in the cleanup
 * of native generators (C11), endless waits in cleanup (C13).
 */
export function normalised(program: Program): Program {
  return { ...program, root: new Normaliser().program(program.root) }
}

class Normaliser {
  #ids = 0
  readonly #tasks: Body[] = []
  readonly #scopes: Body[] = []

  program(root: Body): Body {
    const made = this.#empty()
    this.#tasks.push(made)
    return this.#fill(made, root, { waits: true, endless: true, owns: true, lineage: [made] })
  }

  #empty(): Body {
    return { id: ++this.#ids, statements: [], cleanup: [] }
  }

  #fill(made: Body, body: Body, place: Place, cleanupPlace: Place = { ...place, endless: false }): Body {
    made.statements = body.statements.flatMap((statement) => this.#statement(statement, place))
    made.cleanup = body.cleanup.flatMap((statement) => this.#statement(statement, cleanupPlace))
    return made
  }

  #body(body: Body, place: Place, cleanupPlace?: Place): Body {
    return this.#fill(this.#empty(), body, place, cleanupPlace)
  }

  #statement(statement: Statement, place: Place): Statement[] {
    if (!isAllowed(statement, place)) return []
    const id = ++this.#ids
    return [
      { ...this.#action(statement, place), id, caught: statement.caught && CATCHABLE.has(statement.do) },
    ]
  }

  #action(action: Action, place: Place): Action {
    switch (action.do) {
      case 'scope': {
        const made = this.#empty()
        this.#scopes.push(made)
        return { ...action, body: this.#fill(made, action.body, { ...place, owns: true }) }
      }
      case 'spawn': {
        const made = this.#empty()
        this.#tasks.push(made)
        return {
          ...action,
          body: this.#fill(made, action.body, { ...place, lineage: [...place.lineage, made] }),
        }
      }
      case 'native':
        return { ...action, body: this.#body(action.body, place, { ...place, waits: false }) }
      case 'shield':
        return { ...action, body: this.#body(action.body, { ...place, endless: false }) }
      case 'ensure':
        return { ...action, body: this.#ensured(action.body, action.form, place) }
      case 'declared':
      case 'attempt':
      case 'resource':
      case 'timeout':
      case 'moveOnAfter':
        return { ...action, body: this.#body(action.body, place) }
      case 'select':
      case 'race':
      case 'any':
      case 'all':
      case 'allSettled':
        return { ...action, branches: action.branches.map((branch) => this.#branch(branch, place)) }
      case 'cancel':
        return this.#cancel(action, place)
      case 'join':
      case 'request':
        return this.#aimed(action, this.#tasks)
      case 'requestScope':
        return this.#aimed(action, this.#scopes)
      default:
        return action
    }
  }

  #ensured(body: Body, form: 'operation' | 'function' | 'disposable', place: Place): Body {
    const inner = { ...place, waits: form === 'operation', endless: false, owns: false }
    return this.#body({ ...body, cleanup: form === 'operation' ? body.cleanup : [] }, inner)
  }

  #branch(branch: Branch, place: Place): Branch {
    if (branch.on === 'body') return { on: 'body', body: this.#body(branch.body, place) }
    if (branch.on === 'sleep') return branch
    if (!place.endless) return { on: 'sleep', ms: 1 }
    return this.#aimed(branch, this.#tasks)
  }

  /** In cleanup only oneself and what is above can be cancelled without waiting for it. */
  #cancel(action: Action & { do: 'cancel' }, place: Place): Action {
    if (place.endless) return this.#aimed(action, this.#tasks)
    return this.#aimed(action, [...place.lineage].reverse())
  }

  #aimed<T extends Target>(aimed: T, among: readonly Body[]): T {
    const back = aimed.back % Math.max(1, among.length)
    return { ...aimed, target: among[among.length - 1 - back]?.id ?? 0 }
  }
}

const CATCHABLE: ReadonlySet<Action['do']> = new Set<Action['do']>([
  'callback',
  'scope',
  'declared',
  'shield',
  'attempt',
  'resource',
  'timeout',
  'moveOnAfter',
  'select',
  'race',
  'any',
  'all',
  'allSettled',
  'join',
])

function isAllowed({ do: kind }: Action, { waits, endless, owns }: Place): boolean {
  if (!waits) return kind === 'throw' || kind === 'request' || kind === 'requestScope'
  if (!endless && (kind === 'suspend' || kind === 'join')) return false
  return owns || !(kind === 'spawn' || kind === 'resource' || kind === 'ensure')
}
