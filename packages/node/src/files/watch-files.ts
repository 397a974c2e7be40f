/** What happens to files, as a stream. */
import { type FSWatcher, type PathLike, watch } from 'node:fs'
import { type Operation, type Stream, type Subscription, ensure, mapEach, operation, pipe } from 'coppice'
import { type OnOptions, on } from '../emitters/on.ts'
import { stream } from '../streams/stream.ts'

/** What `watchFiles` takes. */
export interface WatchFilesOptions extends Pick<OnOptions, 'capacity' | 'overflow'> {
  /** Whether directories below are watched, too. Default: false. */
  recursive?: boolean | undefined
}

/** Something has happened to a file, or to one in a directory. */
export interface FileChange {
  /** `'change'`: to its content. `'rename'`: it has come, or gone. */
  readonly type: 'change' | 'rename'
  /** Its name below what is watched, if the host tells. */
  readonly name: string | null
}

/**
 * What happens to a file, or in a directory, from when the stream is opened, as `watch` of `node:fs` tells; it never ends. Hosts differ in what
 * they tell, and one change may be told several times: `debounce` what follows from it.
 *
 * **Cancelled:** the watcher is closed when the scope that opened the stream is torn down.
 * **Throws:** the host's error, with its `code`: `ENOENT` if there is nothing to watch, `ENOSPC` if the host watches too much already, …
 * `EventOverflowError` for a consumer that is too slow, unless `overflow` says what may be lost.
 *
 * @param options `capacity` and `overflow` as for `on`
 *
 * @example
 * ```ts no-run
 * await run(
 *   forEach(pipe(watchFiles('src', { recursive: true }), debounce(50)), function* () {
 *     yield* exec('npm', ['run', 'build'])
 *   })
 * )
 * ```
 */
export function watchFiles(path: PathLike, options: WatchFilesOptions = {}): Stream<FileChange> {
  return stream(() => openWatch(path, options))
}

const openWatch = operation('watchFiles', function* (path: PathLike, options: WatchFilesOptions) {
  const { recursive = false, ...limits } = options
  const watcher = watch(path, { recursive })
  let hasFailed = false
  watcher.once('error', () => (hasFailed = true))
  // The host has closed one that has failed, and says nothing when it is closed again.
  yield* ensure(() => (hasFailed ? watcher.close() : close(watcher)))
  const changes = on(watcher, 'change', limits)
  return yield* pipe(changes, mapEach(changeOf))
}) as (path: PathLike, options: WatchFilesOptions) => Operation<Subscription<FileChange>>

function changeOf([type, name]: any[]): FileChange {
  return { type, name: name === null ? null : String(name) }
}

/** Resolves when the host has let go of it. */
function close(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve) => {
    watcher.on('error', () => {})
    watcher.once('close', () => resolve())
    watcher.close()
  })
}
