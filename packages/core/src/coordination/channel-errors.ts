import { CoppiceError } from '../kernel/errors.ts'

/** Thrown to whoever sends into a channel that is closed, or receives from one that is closed and drained. `cause` is what it was closed with. */
export class ChannelClosedError extends CoppiceError {
  override readonly name = 'ChannelClosedError'
  readonly code = 'COPPICE_CHANNEL_CLOSED'

  constructor(channel: string, cause?: unknown) {
    super(`${channel} is closed`, cause === undefined ? undefined : { cause })
  }
}

/** A channel was full, and its `overflow` is `'error'`. */
export class ChannelFullError extends CoppiceError {
  override readonly name = 'ChannelFullError'
  readonly code = 'COPPICE_CHANNEL_FULL'

  constructor(channel: string, capacity: number) {
    super(`${channel} is full: it holds ${capacity} items that nobody has received`)
  }
}
