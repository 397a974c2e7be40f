/** How errors, and other values, get from one thread to another. */
import { inspect } from 'node:util'
import * as coppice from 'coppice'
import { ConnectError } from '../connect/connect-error.ts'
import { ProcessError } from '../processes/process-error.ts'
import { WorkerError } from './worker-error.ts'

/**
 * An error or another value on its way between threads. The host clones an error as one of its own classes, without the properties
 * that its class has added; so errors are taken apart here, and put together there.
 */
export type Carried = { readonly value: unknown } | { readonly error: CarriedError }

interface CarriedError {
  /** Of the nearest of its classes that both sides have. */
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
    type: typeOf(error),
    name: nameOf(error),
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

function typeOf(error: Error): string {
  let type: unknown = error
  do type = Object.getPrototypeOf(type)
  while (type !== null && !KNOWN.has(classOf(type)))
  return type === null ? 'Error' : classOf(type)
}

/** A class that has set no name has inherited one, and is told by its own. */
function nameOf(error: Error): string {
  const isInherited = !Object.hasOwn(error, 'name') && KNOWN.has(error.name)
  return text((isInherited && classOf(error)) || error.name)
}

function classOf(value: unknown): string {
  return (value as { constructor?: { name?: string } }).constructor?.name ?? ''
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
  Object.setPrototypeOf(error, KNOWN.get(sent.type)!.prototype)
  define(error, 'stack', sent.stack, false)
  if (error.name !== sent.name) define(error, 'name', sent.name, false)
  for (const [key, isShown, value] of sent.properties) {
    const restored = isMany(value) ? value.map((each) => restore(each, seen)) : restore(value, seen)
    if (key === 'taskPath' && Array.isArray(restored)) definePath(error, restored)
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

/** The classes that both sides have: those of the language, and ours. */
const KNOWN: ReadonlyMap<string, { readonly prototype: object }> = new Map(
  Object.entries({
    ...{ Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
    ...{ ConnectError, ProcessError, WorkerError },
    ...coppice,
  }).filter((entry): entry is [string, ErrorConstructor] => entry[0].endsWith('Error'))
)

function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && typeof (value as Error).stack === 'string'
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}
