/** Makes a failing program as small as it can be, beyond what fast-check does: it also lifts statements out of what they stand in. */
import type { Action, Body, Branch, Order, Program, Request, Statement } from './program.ts'

/** The smallest program found, by small steps, that still fails. Tries at most `budget` programs. */
export function reduce(program: Program, fails: (candidate: Program) => boolean, budget = 3000): Program {
  let smallest = program
  let tries = 0
  for (let progress = true; progress;) {
    progress = false
    for (const candidate of smallerPrograms(smallest)) {
      if (++tries > budget) return smallest
      if (!fails(candidate)) continue
      smallest = candidate
      progress = true
      break
    }
  }
  return smallest
}

function* smallerPrograms(program: Program): Generator<Program, void, undefined> {
  for (const requests of smallerLists(program.requests, smallerRequests)) yield { ...program, requests }
  for (const root of smallerBodies(program.root)) yield { ...program, root }
  for (const order of smallerOrders(program.order)) yield { ...program, order }
}

function* smallerBodies(body: Body): Generator<Body, void, undefined> {
  for (const statements of smallerLists(body.statements, smallerStatements, liftedFrom))
    yield { ...body, statements }
  for (const cleanup of smallerLists(body.cleanup, smallerStatements, liftedFrom)) yield { ...body, cleanup }
  if (body.cleanup.length > 0)
    yield { ...body, statements: [...body.statements, ...body.cleanup], cleanup: [] }
}

/** Lists with one element less, then with one that is replaced by those in it, then with one that is smaller. */
function* smallerLists<T>(
  list: readonly T[],
  smaller: (element: T) => Iterable<T>,
  lifted: (element: T) => Iterable<T[]> = () => [],
  least = 0
): Generator<T[], void, undefined> {
  const replaced = (index: number, ...by: T[]) => [...list.slice(0, index), ...by, ...list.slice(index + 1)]
  if (list.length > 3) yield* [list.slice(0, list.length >> 1), list.slice(list.length >> 1)]
  for (const index of list.keys()) if (list.length > least) yield replaced(index)
  for (const [index, element] of list.entries())
    for (const inner of lifted(element)) yield replaced(index, ...inner)
  for (const [index, element] of list.entries())
    for (const inner of smaller(element)) yield replaced(index, inner)
}

function* liftedFrom(statement: Statement): Generator<Statement[], void, undefined> {
  if ('body' in statement) yield* [statement.body.statements, statement.body.cleanup]
  if (!('branches' in statement)) return
  for (const branch of statement.branches)
    if (branch.on === 'body') yield* [branch.body.statements, branch.body.cleanup]
}

function* smallerStatements(statement: Statement): Generator<Statement, void, undefined> {
  if (statement.caught) yield { ...statement, caught: false }
  for (const action of smallerActions(statement)) yield { id: 0, caught: statement.caught, ...action }
}

function* smallerActions(action: Action): Generator<Action, void, undefined> {
  if ('body' in action) {
    if (action.do !== 'declared' && action.do !== 'spawn') yield { do: 'declared', body: action.body }
    for (const body of smallerBodies(action.body)) yield { ...action, body } as Action
  }
  if ('branches' in action) {
    for (const branches of smallerLists(action.branches, smallerBranches, undefined, 1))
      yield { ...action, branches }
  }
  if ('ms' in action) for (const ms of smallerNumbers(action.ms)) yield { ...action, ms } as Action
  if ('back' in action) for (const back of smallerNumbers(action.back)) yield { ...action, back } as Action
  switch (action.do) {
    case 'spawn':
      if (action.background) yield { ...action, background: false }
      return
    case 'callback':
      yield { do: 'pause' }
      if (action.fails) yield { ...action, fails: false }
      for (const after of smallerNumbers(action.after)) yield { ...action, after }
      return
    case 'cancel':
      for (const grace of smallerNumbers(action.grace)) yield { ...action, grace }
      yield { do: 'request', back: action.back, target: 0 }
  }
}

function* smallerBranches(branch: Branch): Generator<Branch, void, undefined> {
  if (branch.on === 'sleep') for (const ms of smallerNumbers(branch.ms)) yield { on: 'sleep', ms }
  else {
    yield { on: 'sleep', ms: 1 }
    if (branch.on === 'body') for (const body of smallerBodies(branch.body)) yield { on: 'body', body }
    else for (const back of smallerNumbers(branch.back)) yield { ...branch, back }
  }
}

function* smallerRequests(request: Request): Generator<Request, void, undefined> {
  const { when } = request
  if (request.of !== 'root') yield { ...request, of: 'root', index: 0 }
  for (const index of smallerNumbers(request.index)) yield { ...request, index }
  if ('turn' in when) for (const turn of smallerNumbers(when.turn)) yield { ...request, when: { turn } }
  else for (const instant of smallerNumbers(when.instant)) yield { ...request, when: { instant } }
}

function* smallerOrders(order: Order): Generator<Order, void, undefined> {
  if (order.kind !== 'listed') return
  const { picks } = order
  if (picks.every((pick) => pick === 0)) return yield { kind: 'fifo' }
  for (const shorter of smallerLists(picks, smallerNumbers)) yield { kind: 'listed', picks: shorter }
}

function* smallerNumbers(number: number): Generator<number, void, undefined> {
  if (number > 0) yield 0
  if (number > 2) yield number >> 1
  if (number > 1) yield number - 1
}
