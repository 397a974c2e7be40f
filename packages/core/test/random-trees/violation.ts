/** A law that a run broke. */
export interface Violation {
  law: string
  message: string
  /** The entry of the log at which it shows, if there is one. */
  at?: number | undefined
}

export type Check = (history: import('./history.ts').History) => Iterable<Violation>
