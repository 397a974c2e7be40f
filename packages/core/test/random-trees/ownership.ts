/** Who owns what at which moment, and what may cancel it. */
import type { Outcome } from 'coppice'
import type { BodyHistory, History, StatementHistory } from './history.ts'

/** The block, region or task in which something was created. */
export function homeOf(item: BodyHistory): BodyHistory {
  let home = item.outer!
  while (!home.isOwner) home = home.outer!
  return home
}

/** The body of a region gave what its caller got, so what it owned is the caller's from then on (R4). */
export function succeededBefore(region: BodyHistory, at: number): boolean {
  if (!region.isRegion) return false
  const { received, statement } = region.by!
  if (received === undefined || received.at >= at) return false
  const { value } = received
  switch (statement.do) {
    case 'attempt':
    case 'moveOnAfter':
      return (value as Outcome<unknown>).status === 'done'
    case 'allSettled':
      return (value as Outcome<unknown>[])[branchIndex(region)]?.status === 'done'
    case 'select':
      return (value as { key: string }).key === `b${branchIndex(region)}`
    case 'race':
    case 'any':
      return value === `v${region.id}`
    default:
      return true
  }
}

export function branchIndex(branch: BodyHistory): number {
  const { statement } = branch.by!
  return 'branches' in statement
    ? statement.branches.findIndex(
        ({ on, ...rest }) => on === 'body' && 'body' in rest && rest.body === branch.body
      )
    : -1
}

/** Whose the item is when that entry is written. */
export function ownerAt(item: BodyHistory, at: number): BodyHistory {
  let owner = homeOf(item)
  while (succeededBefore(owner, at)) owner = homeOf(owner)
  return owner
}

/** The task, block or resource that an item can never leave (R4). */
export function boundaryOf(item: BodyHistory): BodyHistory {
  let owner = homeOf(item)
  while (owner.isRegion) owner = homeOf(owner)
  return owner
}

/** True if the two stand in different branches of one statement, which have no order among each other. */
export function areSideBySide(a: BodyHistory, b: BodyHistory): boolean {
  const branches = new Map<StatementHistory, BodyHistory>()
  for (const body of a.lineage()) if (body.kind === 'branch') branches.set(body.by!, body)
  for (const body of b.lineage()) {
    if (body.kind === 'branch' && branches.has(body.by!) && branches.get(body.by!) !== body) return true
  }
  return false
}

/** When an item came into being: the entry's number, or Infinity if it never did. */
export function createdAt(item: BodyHistory): number {
  const { by, kind, opened } = item
  if (kind === 'resource') return opened === undefined ? Infinity : by!.began!.at
  return by!.received?.at ?? Infinity
}

/** When the release of a resource or of a registered cleanup began, or Infinity. */
export function releasedAt(item: BodyHistory): number {
  if (item.kind === 'ensure') return item.opened?.at ?? Infinity
  return item.provides === undefined ? Infinity : (item.entered?.at ?? Infinity)
}

/** True if requests from further out are held up here: in cleanup that runs because of one, and under a shield (C5, C10). */
function isProtecting(body: BodyHistory): boolean {
  if (body.kind === 'shield' || body.kind === 'ensure') return true
  if (isHeld(body) || !body.by?.isCleanup) return false
  const { how, kind, provides } = body.outer!
  return how === 'cancelled' || (kind === 'resource' && provides !== undefined)
}

/** True for what its owner cancels; a resource that has provided nothing yet is cancelled with the body that waits for it. */
function isHeld(body: BodyHistory): boolean {
  return body.kind === 'resource' ? body.provides !== undefined : body.isItem
}

/** Why a body may have been told to return before an entry; null if there is no reason at all. */
export function causeOf(body: BodyHistory, at: number, time: number): string | null {
  for (let here: BodyHistory | null = body; here !== null;) {
    const cause = here.isOwner ? ownCause(here, at, time) : null
    if (cause !== null) return cause
    if (isProtecting(here)) return null
    here = isHeld(here) ? ownerAt(here, at) : here.outer
  }
  return null
}

function ownCause(owner: BodyHistory, at: number, time: number): string | null {
  const { by, opened, kind } = owner
  if (owner.wasRequestedBefore(at)) return `a request to ${owner}`
  if (hasFailedBefore(owner, at)) return `an error in ${owner}`
  if (by?.statement.do === 'timeout' || by?.statement.do === 'moveOnAfter') {
    if (time >= (opened?.time ?? Infinity) + by.statement.ms) return `the deadline of ${owner}`
  }
  if (kind === 'branch' && siblingSettled(owner, at, time)) return `another branch of ${by}`
  if (owner.isBackground || (kind === 'resource' && owner.provides !== undefined)) {
    const holder = ownerAt(owner, at)
    if ((holder.left?.at ?? Infinity) < at) return `the end of ${holder}`
  }
  return null
}

/** True if the body of an owner has thrown, or something that it owned has failed (E1). */
function hasFailedBefore(owner: BodyHistory, at: number): boolean {
  const { entered, left } = owner
  if (left?.how === 'threw' && left.at < at) return true
  if (entered?.how === 'threw' && entered.at < at) return true
  for (const item of owner.within()) {
    if (!item.isItem || item === owner) continue
    const failed = failureOf(item)
    // A resource is known to have closed only by what happens last in it, which may be a little earlier.
    if (failed < at && (ownerAt(item, failed) === owner || ownerAt(item, at) === owner)) return true
  }
  return false
}

/** The entry at which an item failed, as far as its owner is concerned; Infinity if it did not. */
function failureOf(item: BodyHistory): number {
  if (item.kind === 'spawn') return item.closed?.outcome.status === 'failed' ? item.closed.at : Infinity
  if (item.firstError === Infinity) return Infinity
  const closed = item.lastEntry!.at
  if (item.kind === 'ensure' || item.provides !== undefined) return closed
  // Until it provides, its failure is its acquirer's, as long as that waits for it.
  const { over } = item.by!
  return over !== undefined && over.at < closed ? closed : Infinity
}

/** True if another branch may have decided the statement, or something that another branch has left behind has failed. */
function siblingSettled(branch: BodyHistory, at: number, time: number): boolean {
  const { statement, began, inner } = branch.by!
  if (!('branches' in statement)) return false
  const others = inner.filter((other) => other !== branch)
  if (others.some((other) => hasFailedBefore(other, at))) return true
  if (statement.do === 'allSettled') return false
  if (statement.do === 'all') return statement.branches.some(({ on }) => on === 'join')
  return (
    others.some(({ left }) => left !== undefined && left.at < at) ||
    statement.branches.some(
      ({ on, ...rest }) => on === 'join' || ('ms' in rest && time >= began!.time + rest.ms)
    )
  )
}

/** Everything that owners hold, in the order in which it was created. */
export function itemsOf(history: History): BodyHistory[] {
  return [...history.bodies.values()]
    .filter((body) => body.isItem && createdAt(body) < Infinity)
    .sort((a, b) => createdAt(a) - createdAt(b))
}
