/** What a frame drives. Effects lack `return`: a frame whose body is a bare effect has nothing to unwind. */
export interface Body {
  next(value: unknown): IteratorResult<unknown, unknown>
  throw?(error: unknown): IteratorResult<unknown, unknown>
  return?(value: unknown): IteratorResult<unknown, unknown>
}

/** What all generator functions inherit from, and what all generators do. */
const functionPrototype = /* @__PURE__ */ Object.getPrototypeOf(function* () {})
const { prototype } = functionPrototype
function AnyGenerator(): void {}
AnyGenerator.prototype = prototype

/** Told by its prototypes, without a look at its properties: each generator function makes objects of a shape of their own. */
export function isGenerator(value: unknown): value is Generator {
  return value instanceof (AnyGenerator as unknown as new () => Generator)
}

export function isGeneratorFunction(fn: object): boolean {
  return Object.getPrototypeOf(fn) === functionPrototype
}

export const nextOf: Body['next'] = prototype.next

/**
 * One activation that the kernel drives; a task is a stack of these. There are three classes of them, declared frame, inner scope and task,
 * and each sets its fields by itself: more shapes, or constructors that call each other, are what this machine's speed can't bear.
 */
export interface Frame {
  /** What was handed to us until the frame begins, then its iterator; when that has ended, the value that it gave. */
  body: unknown
  flags: number
  /** The frame that waits for this one; null for a task, the bottom of its stack. */
  readonly below: Frame | null
  /** What it is called in task paths; the frame of an undeclared generator has no name. */
  readonly label: string
}
