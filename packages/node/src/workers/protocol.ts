/** What this process and its threads say to each other. */
import type { MessagePort } from 'node:worker_threads'
import type { Carried } from './carried.ts'

/** What is said to a thread. It does one job at a time, and what is said arrives in order, so jobs need no numbers. */
export type ToThread =
  | { readonly type: 'job'; readonly input: unknown }
  | { readonly type: 'announce'; readonly reason: Carried; readonly graceMs: number }
  | { readonly type: 'cancel'; readonly reason: Carried }
  | { readonly type: 'leave' }

/** What a thread says. */
export type FromThread =
  /** It serves from now on. */
  { readonly type: 'ready' } | { readonly type: 'ended'; readonly outcome: CarriedOutcome }

export type CarriedOutcome =
  | { readonly status: 'done'; readonly value: unknown }
  | { readonly status: 'failed'; readonly error: Carried }
  | { readonly status: 'cancelled'; readonly reason: Carried }

/**
 * What a thread is given when it starts. The port is one of its own: what the code of the user says through `parentPort` is no
 * concern of ours, and the other way round.
 */
export interface ThreadData {
  readonly '@coppice/node': {
    readonly port: MessagePort
    /** What the file is called in messages. */
    readonly name: string
    /** How many jobs it has begun. It is read when the thread has ended, and can't be asked any more. */
    readonly begun: Int32Array<SharedArrayBuffer>
    isServed: boolean
  }
}
