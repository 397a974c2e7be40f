/** Why a call of a `restartable`, `dropping` or `keepLatest` operation was cancelled: found in `CancelledError.reason`. */
export class OverlappedCall {
  /** `dropped`: another call was running. `replaced`: a later call took its place. */
  readonly kind: 'dropped' | 'replaced'

  constructor(kind: 'dropped' | 'replaced') {
    this.kind = kind
  }

  /** The kind in words, as it stands in the message of the `CancelledError`. */
  toString(): string {
    return this.kind === 'dropped' ? 'dropped, because another call was running' : 'replaced by a later call'
  }
}
