/** The public surface of `@coppice/node`, and nothing else. */
export { connect, type ConnectOptions } from './connect/connect.ts'
export { connectTls, type ConnectTlsOptions } from './connect/connect-tls.ts'
export { ConnectError, type ConnectErrorCode } from './connect/connect-error.ts'
export { dialTcp, dialTls } from './connect/dial.ts'
export type { Closable, Family, Target } from './connect/target.ts'
export { main, type MainOptions } from './main/main.ts'
export { exit } from './main/exit.ts'
export { exec, type ExecOptions, type ExecResult } from './processes/exec.ts'
export {
  spawnProcess,
  type ProcessExit,
  type ProcessOptions,
  type Redirection,
  type RunningProcess,
  type SpawnProcessOptions,
} from './processes/spawn-process.ts'
export { ProcessError } from './processes/process-error.ts'
export type { Input } from './processes/input.ts'
export type { Output } from './processes/output.ts'
export { collectBytes, collectText } from './streams/collect-text.ts'
export { fromReadable, type FromReadableOptions } from './streams/from-readable.ts'
export { lines } from './streams/lines.ts'
export { PrematureCloseError } from './streams/premature-close-error.ts'
export { through } from './streams/through.ts'
export { toReadable, type ToReadableOptions } from './streams/to-readable.ts'
export { useDuplex, type DuplexEnds } from './streams/use-duplex.ts'
export { useWritable, type UseWritableOptions, type Writer } from './streams/use-writable.ts'
export { writeTo } from './streams/write-to.ts'
export { on, type OnOptions } from './emitters/on.ts'
export { once } from './emitters/once.ts'
export type { ArgumentsOf, EventsOf, NameOf } from './emitters/event-map.ts'
export { fetch } from './fetch/fetch.ts'
export { FetchError } from './fetch/fetch-error.ts'
export { FetchedResponse } from './fetch/response.ts'
export { worker, type WorkerOptions } from './workers/worker.ts'
export { workerPool, type WorkerPool, type WorkerPoolOptions } from './workers/worker-pool.ts'
export { serveWorker } from './workers/serve-worker.ts'
export { transfer, type Transfer, type Transferred } from './workers/transfer.ts'
export type { JobOptions, ThreadOptions, UnknownProgram, WorkerProgram } from './workers/thread-options.ts'
export { WorkerError, type WorkerErrorCode } from './workers/worker-error.ts'
