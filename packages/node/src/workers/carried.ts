import { inspect } from 'node:util'
import * as coppice from 'coppice'

/**
 * An error or another value on its way between threads. The host clones an error as one of its own classes, without the properties
 * that its class has added; so errors are taken apart here, and put together there.
 */
export type Carried = { readonly value: unknown } | { readonly error: CarriedError }

interface CarriedError {
  /** Of its class. */
  readonly type: string
  readonly name: string
  readonly message: string
  readonly stack: string
  /** Its own properties: those that it shows, and of the others `cause` and `errors`. */
  properties: readonly (readonly [name: string, isShown: boolean, value: Carried | readonly Carried[]])[]
}

/** Makes something of a value that the host can't clone. */
type Otherwise = (value: unknown) => Carried

/** Its text, in its place. */
export const printed: Otherwise = (value) => ({ value: inspect(value) })

/** For messages. */
export const WHAT_CAN =
  'Plain objects, arrays, texts, numbers, dates, maps, sets and buffers can be sent; functions and the methods of a class can not, nor what was handed over before.'

/** Takes a value apart, so that it can be sent. */
export function carry(value: unknown, otherwise: Otherwise): Carried {
  return carryOne(value, otherwise, new Map())
}

/** Puts together what was sent. */
export function carried(sent: Carried): unknown {
  return restore(sent, new Map())
}

function carryOne(value: unknown, otherwise: Otherwise, seen: Map<Error, Carried>): Carried {
  if (isError(value)) return seen.get(value) ?? carryError(value, otherwise, seen)
  try {
    structuredClone(value)
    return { value }
  } catch {
    return otherwise(value)
  }
}

/** Errors may stand in a circle, `a.cause.cause === a`. The host clones circles. */
function carryError(error: Error, otherwise: Otherwise, seen: Map<Error, Carried>): Carried {
  const carriedError: CarriedError = {
    type: error.constructor?.name || error.name,
    name: text(error.name),
    message: text(error.message),
    stack: text(error.stack),
    properties: [],
  }
  const carriedOne = { error: carriedError }
  seen.set(error, carriedOne)
  carriedError.properties = namesIn(error).map((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name]
    const isShown = Object.prototype.propertyIsEnumerable.call(error, name)
    const each = (item: unknown) => carryOne(item, otherwise, seen)
    return [name, isShown, name === 'errors' && Array.isArray(value) ? value.map(each) : each(value)]
  })
  return carriedOne
}

/** These are properties of every error, and have places of their own. */
const OWN = new Set(['name', 'message', 'stack'])

function namesIn(error: Error): string[] {
  const hidden = ['cause', 'errors'].filter((name) => Object.hasOwn(error, name))
  return [...new Set([...Object.keys(error), ...hidden])].filter((name) => !OWN.has(name))
}

function restore(sent: Carried, seen: Map<CarriedError, Error>): unknown {
  if ('value' in sent) return sent.value
  return seen.get(sent.error) ?? restoreError(sent.error, seen)
}

function restoreError(sent: CarriedError, seen: Map<CarriedError, Error>): Error {
  const error = new Error(sent.message)
  seen.set(sent, error)
  const prototype = prototypeOf(sent.type) ?? prototypeOf(sent.name)
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype)
  define(error, 'stack', sent.stack, false)
  // A class that has not set a name is told by its own.
  const name = sent.name === 'Error' ? sent.type : sent.name
  if (error.name !== name) define(error, 'name', name, false)
  for (const [key, isShown, value] of sent.properties) {
    const restored = isMany(value) ? value.map((each) => restore(each, seen)) : restore(value, seen)
    if (key === 'taskPath') definePath(error, restored as readonly string[])
    else define(error, key, restored, isShown)
  }
  return error
}

function define(error: Error, name: string, value: unknown, isShown: boolean): void {
  Object.defineProperty(error, name, { value, enumerable: isShown, writable: true, configurable: true })
}

/** The path of the thread stays when that of this side is added (E6), as it does in the stack. */
function definePath(error: Error, inside: readonly string[]): void {
  let path = inside
  Object.defineProperty(error, 'taskPath', {
    get: () => path,
    set: (outside: readonly string[]) => (path = [...inside, ...outside]),
    enumerable: true,
    configurable: true,
  })
}

function isMany(value: Carried | readonly Carried[]): value is readonly Carried[] {
  return Array.isArray(value)
}

/** Of the classes that both sides have: those of the language, and ours. */
function prototypeOf(name: string): object | undefined {
  const found = KNOWN.get(name)
  return found?.prototype as object | undefined
}

const KNOWN = new Map<string, { readonly prototype: unknown }>(
  Object.entries({
    ...{ Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
    ...coppice,
  }).filter(([name]) => name.endsWith('Error')) as [string, { readonly prototype: unknown }][]
)

function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && typeof (value as Error).stack === 'string'
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}
