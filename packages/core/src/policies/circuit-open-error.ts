import { CoppiceError } from '../errors.ts'

/** Thrown by a circuit breaker that lets nothing through; `cause` is the failure that opened it. */
export class CircuitOpenError extends CoppiceError {
  override readonly name = 'CircuitOpenError'
  readonly code = 'COPPICE_CIRCUIT_OPEN'
  /** What the breaker is called. */
  readonly circuit: string
  /** The instant by the interpreter's clock from which on a probe is let through; in the past while one is under way. */
  readonly probeAt: number

  constructor(circuit: string, probeAt: number, cause: unknown) {
    super(`The circuit ${circuit} is open: what it protects has failed too often. Nothing was called.`, {
      cause,
    })
    this.circuit = circuit
    this.probeAt = probeAt
  }
}
