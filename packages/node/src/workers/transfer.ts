/** What is handed over to another thread instead of being copied. */
import type { TransferListItem } from 'node:worker_threads'
import { inspect } from 'node:util'
import { MisuseError } from 'coppice'

/** A value, and what of it is handed over to the other side instead of being copied. */
export class Transfer<T> {
  /** What is sent. */
  readonly value: T
  /** What of it is handed over instead of being copied. */
  readonly transferList: readonly TransferListItem[]

  constructor(value: T, transferList: readonly TransferListItem[]) {
    this.value = value
    this.transferList = transferList
  }
}

/** What arrives of a value that a program returns. */
export type Transferred<T> = T extends Transfer<infer Value> ? Value : T

/**
 * Hands over what a program in a thread returns, instead of copying it: the memory of an `ArrayBuffer`, a `MessagePort`. Return it as the
 * value of the program. (What goes to the thread is named in the option `transferList`.)
 *
 * **Cancelled:** no operation, and no point of cancellation.
 * **Throws:** `MisuseError` for something else than an array of what is handed over.
 *
 * @param transferList what is in the value and is not usable in the thread any more once it has been returned
 *
 * @example
 * ```ts
 * const zeros = serveWorker(function* (length: number) {
 *   const numbers = new Float64Array(length)
 *   return transfer(numbers, [numbers.buffer])
 * })
 * ```
 */
export function transfer<T>(value: T, transferList: readonly TransferListItem[]): Transfer<T> {
  return new Transfer(value, checkTransferList(transferList, 'transfer'))
}

export function checkTransferList(
  transferList: readonly TransferListItem[],
  by: string
): readonly TransferListItem[] {
  if (Array.isArray(transferList)) return transferList
  throw new MisuseError(
    `${by}: transferList is an array of what is handed over, [numbers.buffer]; it was ${inspect(transferList)}.`
  )
}
