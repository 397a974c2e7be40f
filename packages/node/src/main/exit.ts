/** The end of a program from inside: `exit`, and what it shares with `main`. */
import { inspect } from 'node:util'
import { MisuseError, type Operation, type Task, cancel, createContext, operation } from 'coppice'

/** What `main` and what runs below it know of one another. */
export interface Program {
  root: Task | null
  /** What `exit` was given first. */
  code: number | undefined
}

export const program = createContext<Program>('main')

/**
 * Ends the program with an exit code: cancels the whole tree below `main`, so that every `finally` runs. The first code stays.
 *
 * **Cancelled:** it unwinds right here. From inside a `finally` or a `shield` it only records the request and returns, as `cancel` does.
 * **Throws:** `MisuseError` outside of `main`, or for something else than a whole number from 0 to 255.
 *
 * @param code default 0; if then something fails, the exit code is 1 all the same
 *
 * @example
 * ```ts
 * await main(function* () {
 *   const isConfigured = true
 *   if (!isConfigured) yield* exit(78)
 * })
 * ```
 */
export function exit(code: number = 0): Operation<void> {
  if (!(Number.isInteger(code) && code >= 0 && code <= 255))
    throw new MisuseError(`exit takes a whole number from 0 to 255; it was given ${inspect(code)}.`)
  return leave(code)
}

const leave = operation('exit', function* (code: number) {
  const running = yield* program.get()
  if (running === undefined)
    throw new MisuseError(
      'exit ends the program that main(…) runs, and there is none here. Start it with main.'
    )
  running.code ??= code
  yield* cancel(running.root!, { reason: `exit(${code})` })
})
