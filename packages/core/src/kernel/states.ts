/**
 * The states of the machine: read this page first, then `step.ts`.
 *
 * A task is a stack of frames. The top frame is driven; every frame below it waits for the one above it.
 *
 *        task.frame ─▶ frame        a declared operation: a generator and nothing else
 *                        │ below
 *                      scope        a frame that owns children and cleanups: scope(), timeout(), select(), shield(), …
 *                        │ below
 *                      task         the bottom frame, itself a scope (T1)
 *
 * What a task does next is its signal:
 *
 *      spawn                 picked                      an effect that waits
 *    ────────▶ START ─────────────────▶ running ──────────────────────────────▶ WAITING
 *              (queued)                   ▲  │ bottom frame popped                 │
 *                                  picked │  └──────────────▶ closed               │ claimed: NEXT or THROW (C2)
 *                                         └────────── NEXT, THROW, RETURN ◀────────┘ aborted: RETURN (C3)
 *                                                          (queued)
 *
 * A frame that is a scope goes through these phases, never back:
 *
 *      body ──▶ BODY_DONE: waits for its foreground children (T3) ──▶ TEARDOWN: newest first (T4) ──▶ popped
 *        └── threw, unwound, or has nothing open ─────────────────────────▲
 *
 * A cancellation request is a mark on one scope, REQUESTED; the scopes above it, up to the nearest shield, are DOOMED.
 * It is delivered when the top scope is marked and not CLEANING: then each frame is told to return, top first (C4),
 * until the requested scope has been popped. A scope is CLEANING from its first `return` on, and that is a shield for
 * everything above it (C5).
 */

/** What the next step does with the top frame. Exactly one at a time. */
export const WAITING = 0 // nothing: the task stands at a wait (or for its children) and is not queued
export const START = 1 // next(undefined): the top frame has not begun
export const NEXT = 2 // next(box): the payload is a value
export const THROW = 3 // throw(payload)
export const RETURN = 4 // return(): the task unwinds
export const PERFORMING = 5 // an effect is being performed: an answer goes to it, not to the queue
export const PAUSED = 6 // as NEXT, and in the queue already: a pause claims its own wait (C2)
export const SETTLE = 7 // the body of the top scope has ended: go on with closing it
export const CLOSED = 8 // for good; set once, never left

export type Signal = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** Flags of any frame. */
export const RETURNING = 1 << 0 // `return` was called on its generator: never again (C4); implies that its scope is CLEANING
export const BARE = 1 << 1 // its body is a single effect, not a generator
export const SCOPE = 1 << 2 // the frame is a Scope
export const POPPED = 1 << 3 // it has left the stack
// The bits of these two stand behind the others: CLEANING has to be above the marks (see MARKED).
export const NESTED = 1 << 18 // its generator waits inside another one, by native delegation (C11)
export const GENERATOR = 1 << 22 // its body is a generator of the language, not an iterator that somebody wrote
export const HANDED = 1 << 19 // its generator was handed to us: somebody may hand it over again (E9)

/** Flags of a scope. */
export const REGION = 1 << 4 // on success, what it owns passes to the enclosing scope (R4)
export const SHIELD = 1 << 5 // requests on scopes below it wait until it is popped (C10)
export const BODY_DONE = 1 << 6 // the body has ended; can't be set twice
export const TEARDOWN = 1 << 7 // takes nothing new in; implies BODY_DONE and CLEANING
export const REQUESTED = 1 << 8 // cancellation of this very scope was requested (C1)
export const DOOMED = 1 << 9 // a scope below it was requested, and no shield stands between
export const CLEANING = 1 << 10 // cleanup runs in it: implies REQUESTED, DOOMED or TEARDOWN
export const ENDED = 1 << 11 // the body has a value; implies BODY_DONE

/** Flags of a task. */
export const TASK = 1 << 12 // the frame is a task, the bottom of its stack
export const COUNTED = 1 << 13 // its owner waits for it (T3); not set for background tasks and resources
export const RESOURCE = 1 << 14 // released alone, after everything newer has closed (T4)
export const BRANCH = 1 << 15 // reports its end to the branches that its owner runs, not as a child's failure
export const UNWINDING = 1 << 16 // cleanup of the task itself has begun
export const ACQUIRING = 1 << 17 // a resource that has provided nothing yet: its failure is its acquirer's
export const STRANDED = 1 << 20 // it waits for its own end, and is left to the cancellation that comes to it (T8)
export const IN_FINALLY = 1 << 21 // it was spawned by the cleanup of its owner's body, and so is inside of that (C5)
export const TIMED = 1 << 23 // its kind is a deadline, and hears of it when the scope has left the stack
export const EXITS = 1 << 24 // its kind hands its end to the frame below

/** A scope with a mark has something to deliver until it is CLEANING, which is the highest of the three bits. */
export const MARKED = REQUESTED | DOOMED
