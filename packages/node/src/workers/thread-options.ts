/** The options of threads and jobs, and their checks. */
import path from 'node:path'
import { inspect } from 'node:util'
import type { ResourceLimits, TransferListItem } from 'node:worker_threads'
import { MisuseError, type Operation } from 'coppice'
import { checkDuration } from '../misuse.ts'

/** How threads are started and ended. */
export interface ThreadOptions {
  /** Milliseconds that a cancelled program has for its cleanup until its thread is terminated. Default 5000; `Infinity` waits for as long as it takes. */
  grace?: number | undefined
  /** All environment variables of the thread. Default: a copy of those of this process. */
  env?: NodeJS.ProcessEnv | undefined
  /** Options of `node` for the thread, `['--import', 'tsx']` for instance. Default: those of this process. */
  execArgv?: readonly string[] | undefined
  /** How much memory it may use, as the host has it. Default: the limits of the host. */
  resourceLimits?: Readonly<ResourceLimits> | undefined
}

/** What each job takes. */
export interface JobOptions {
  /** What of the input is handed over to the thread instead of being copied; it can't be used here any more. Default: nothing. */
  transferList?: readonly TransferListItem[] | undefined
}

/** What a file serves to its thread, as a type: `typeof hash`, where the file has `export const hash = serveWorker(…)`. */
export type WorkerProgram = (input: any) => Operation<any>

/** One that nothing is known of. */
export type UnknownProgram = (input: unknown) => Operation<unknown>

/** Checked options. */
export interface ThreadSettings extends ThreadOptions {
  readonly url: URL | string
  /** What it is called in messages: the name of its file. */
  readonly name: string
  readonly grace: number
}

/** Checks what is to run in a thread where it is handed over. */
export function threadSettings(url: URL | string, options: ThreadOptions, by: string): ThreadSettings {
  const checked = checkUrl(url, by)
  const grace = checkDuration(options.grace ?? 5000, `${by}: grace`)
  return { ...options, url: checked, name: nameOf(checked), grace }
}

function checkUrl(url: unknown, by: string): URL | string {
  if (url instanceof URL || (typeof url === 'string' && /^(file|data):/.test(url))) {
    const checked = new URL(url)
    if (checked.protocol === 'file:' || checked.protocol === 'data:') return checked
  }
  if (typeof url === 'string' && path.isAbsolute(url)) return url
  throw new MisuseError(
    `${by} takes the file that runs in the thread, new URL('./hash.js', import.meta.url), or an absolute path; ` +
      `it was given ${url instanceof URL ? url.href : inspect(url)}.`
  )
}

function nameOf(url: URL | string): string {
  if (typeof url === 'string') return path.basename(url)
  return url.protocol === 'data:' ? 'The worker' : decodeURIComponent(path.posix.basename(url.pathname))
}
