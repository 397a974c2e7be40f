/** What a frame drives. Effects lack `return`: a frame whose body is a bare effect has nothing to unwind. */
export interface Body {
  next(value: unknown): IteratorResult<unknown, unknown>
  throw?(error: unknown): IteratorResult<unknown, unknown>
  return?(value: unknown): IteratorResult<unknown, unknown>
}

/** What all generators inherit from. */
const { prototype } = /* @__PURE__ */ Object.getPrototypeOf(function* () {})
function AnyGenerator(): void {}
AnyGenerator.prototype = prototype

/** Told by its prototypes, without a look at its properties: each generator function makes objects of a shape of their own. */
export function isGenerator(value: unknown): value is Generator {
  return value instanceof (AnyGenerator as unknown as new () => Generator)
}

export const nextOf: Body['next'] = prototype.next

/** One activation that the kernel drives; a task is a stack of these. */
export abstract class Frame {
  /** What was handed to us until the frame begins, then its iterator; when that has ended, the value that it gave. */
  body: unknown
  flags: number
  /** The frame that waits for this one; null for a task, the bottom of its stack. */
  abstract readonly below: Frame | null

  constructor(body: unknown, flags: number) {
    this.body = body
    this.flags = flags
  }

  /** What it is called in task paths; the frame of an undeclared generator has no name. */
  abstract readonly label: string
}
