/** Writes down the steps of a run. It keeps what it saw and prints nothing: most runs are never read. */
import type { Effect } from 'coppice'
import { CLOSED, OutsideEffect, PAUSED, type Task, THROW, text } from 'coppice/kernel'
import { waitingOn } from './waiting.ts'

/** One step as it was seen. */
export interface Step {
  readonly at: number
  readonly task: Task
  /** How it began: the signal, and what was thrown into the task if something was. */
  readonly signal: number
  readonly thrown: unknown
  /** The outside effects that it performed. */
  readonly effects: Effect[]
  /** What the task stands at after it, or how it ended. */
  ended: Effect | string
  /** The task that production would have picked, if it is another one. */
  readonly aheadOf: Task | null
  /** What befell it from outside. */
  notes: readonly string[]
}

const NONE: readonly string[] = []

export class Recorder {
  readonly steps: Step[] = []
  readonly effects: OutsideEffect[] = []
  #current: Step | null = null
  /** For the step that comes. */
  #notes = NONE

  begin(task: Task, at: number, aheadOf: Task | null): void {
    const { signal } = task
    const thrown = signal === THROW ? task.payload : undefined
    this.#current = { at, task, signal, thrown, effects: [], ended: '', aheadOf, notes: this.#notes }
    this.steps.push(this.#current)
    this.#notes = NONE
  }

  end(task: Task): void {
    this.#current!.ended = endOf(task)
    this.#current = null
  }

  performed(effect: OutsideEffect): void {
    this.effects.push(effect)
    this.#current?.effects.push(effect)
  }

  /** About the step that is under way, else about the next one. */
  note(what: string): void {
    if (this.#current === null) this.#notes = [...this.#notes, what]
    else this.#current.notes = [...this.#current.notes, what]
  }
}

function endOf(task: Task): Effect | string {
  switch (task.signal) {
    case CLOSED:
      return closing(task)
    case PAUSED:
      return 'pause()'
    default: {
      // What children are called has to be asked now; an effect can be printed later.
      const effect = task.wait?.effect
      return effect === null || effect === undefined || effect instanceof OutsideEffect
        ? waitingOn(task)
        : effect
    }
  }
}

function closing({ outcome }: Task): string {
  switch (outcome!.status) {
    case 'failed':
      return `failed: ${text(outcome!.error)}`
    case 'cancelled':
      return outcome!.reason === undefined ? 'cancelled' : `cancelled: ${text(outcome!.reason)}`
    default:
      return 'done'
  }
}
