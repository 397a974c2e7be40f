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
export { listen, type Connection, type Listener, type ListenOptions } from './servers/listen.ts'
export { serveHttp } from './servers/serve-http.ts'
export { fetchHandler, type FetchHandler } from './servers/fetch-handler.ts'
export type { HttpServer } from './servers/service.ts'
export type { HttpHandler, Reporting, ServeHttpOptions, UpgradeHandler } from './servers/http-options.ts'
