/** How errors are printed. */
import { inspect } from 'node:util'

interface ErrorLike {
  readonly stack?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/**
 * An error for the terminal: its message, where it was thrown, and the path of tasks through which it came (E6); then what it is made of,
 * or was caused by, indented. Each error is printed once.
 */
export function reportOf(error: unknown): string {
  return linesOf(error, new Set()).join('\n')
}

function linesOf(error: unknown, seen: Set<unknown>): string[] {
  if (!isError(error)) return [inspect(error)]
  seen.add(error)
  const { errors, cause } = error
  const inner = [...(Array.isArray(errors) ? errors : []), cause].filter(
    (each) => each !== undefined && !seen.has(each)
  )
  const lines = `${String(error)}${placesOf(error)}`.split('\n')
  for (const each of new Set(inner)) {
    lines.push(...linesOf(each, seen).map((line, index) => `  ${index === 0 ? '↳ ' : '  '}${line}`))
  }
  return lines
}

/** The stack without its first lines: these have the name that the error had when it was made, which is often just `Error`. */
function placesOf({ stack = '' }: ErrorLike): string {
  const start = stack.search(/\n {4}(at|in) /)
  return start === -1 ? '' : stack.slice(start)
}

function isError(value: unknown): value is Error & ErrorLike {
  return typeof value === 'object' && value !== null && typeof (value as Error).stack === 'string'
}
