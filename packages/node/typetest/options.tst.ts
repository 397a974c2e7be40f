/** Options are handed on as they came: each takes undefined for its default, also under exactOptionalPropertyTypes. */
import type {
  ChunkOptions,
  ConnectOptions,
  ConnectTlsOptions,
  ExecOptions,
  FromReadableOptions,
  JobOptions,
  ListenOptions,
  MainOptions,
  OnOptions,
  ProcessOptions,
  ServeHttpOptions,
  SpawnProcessOptions,
  ThreadOptions,
  ToReadableOptions,
  UseWritableOptions,
  WatchFilesOptions,
  WorkerOptions,
  WorkerPoolOptions,
} from '@coppice/node'
import { expect, test } from 'tstyche'

/** The same options, each of which may be undefined where it may be left out. */
type WithUndefined<O> = { [K in keyof O]: object extends Pick<O, K> ? O[K] | undefined : O[K] }

test('every option takes undefined', () => {
  expect<WithUndefined<ChunkOptions>>().type.toBeAssignableTo<ChunkOptions>()
  expect<WithUndefined<ConnectOptions>>().type.toBeAssignableTo<ConnectOptions>()
  expect<WithUndefined<ConnectTlsOptions>>().type.toBeAssignableTo<ConnectTlsOptions>()
  expect<WithUndefined<ExecOptions>>().type.toBeAssignableTo<ExecOptions>()
  expect<WithUndefined<FromReadableOptions>>().type.toBeAssignableTo<FromReadableOptions>()
  expect<WithUndefined<JobOptions>>().type.toBeAssignableTo<JobOptions>()
  expect<WithUndefined<ListenOptions>>().type.toBeAssignableTo<ListenOptions>()
  expect<WithUndefined<MainOptions>>().type.toBeAssignableTo<MainOptions>()
  expect<WithUndefined<OnOptions>>().type.toBeAssignableTo<OnOptions>()
  expect<WithUndefined<ProcessOptions>>().type.toBeAssignableTo<ProcessOptions>()
  expect<WithUndefined<ServeHttpOptions>>().type.toBeAssignableTo<ServeHttpOptions>()
  expect<WithUndefined<SpawnProcessOptions>>().type.toBeAssignableTo<SpawnProcessOptions>()
  expect<WithUndefined<ThreadOptions>>().type.toBeAssignableTo<ThreadOptions>()
  expect<WithUndefined<ToReadableOptions>>().type.toBeAssignableTo<ToReadableOptions>()
  expect<WithUndefined<UseWritableOptions>>().type.toBeAssignableTo<UseWritableOptions>()
  expect<WithUndefined<WatchFilesOptions>>().type.toBeAssignableTo<WatchFilesOptions>()
  expect<WithUndefined<WorkerOptions>>().type.toBeAssignableTo<WorkerOptions>()
  expect<WithUndefined<WorkerPoolOptions>>().type.toBeAssignableTo<WorkerPoolOptions>()
})
