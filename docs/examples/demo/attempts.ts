// Keeps a record of the attempts of one `connect`: it sees them begin, because it is called when one is dialled, and it
// sees them end, because it observes the tree. An attempt has ended when its task has closed, and with it its socket.

import { type Observer, type Task } from 'coppice'
import { nameOf, type Address } from '../happy-eyeballs.ts'
import { cyan, dim, green, mark, red, yellow } from './stage.ts'

export type Ending = 'won' | 'failed' | 'cancelled'

interface Attempt {
  readonly number: number
  readonly name: string
  began?: number
  ended?: number
  ending?: Ending
  error?: NodeJS.ErrnoException
}

export interface Events {
  began(attempt: Attempt): void
  ended(attempt: Attempt): void
}

const endings: Record<Ending, [mark: string, colour: (text: string) => string]> = {
  won: ['✔', green],
  failed: ['✘', red],
  cancelled: ['○', yellow],
}

/** How wide the bars may be, in characters, in a terminal of 80 columns. */
const widest = 24

export class Attempts implements Observer {
  readonly list: readonly Attempt[]
  readonly #origin = performance.now()
  readonly #events: Events

  constructor(addresses: readonly Address[], events: Events) {
    this.list = addresses.map((address, index) => ({ number: index + 1, name: nameOf(address) }))
    this.#events = events
  }

  begin(address: Address): void {
    const attempt = this.list.find(({ name }) => name === nameOf(address))!
    attempt.began = this.#elapsed
    this.#events.began(attempt)
  }

  closed(task: Task): void {
    const attempt = this.list.find(({ name }) => name === task.name)
    const { outcome } = task
    if (attempt === undefined || outcome === undefined) return
    attempt.ending = outcome.status === 'done' ? 'won' : outcome.status
    if (attempt.began === undefined) return
    attempt.ended = this.#elapsed
    if (outcome.status === 'failed') attempt.error = outcome.error as NodeJS.ErrnoException
    this.#events.ended(attempt)
  }

  get #elapsed(): number {
    return performance.now() - this.#origin
  }

  /** Who was dialled from when to when, drawn to scale. */
  chart(): string[] {
    const total = Math.max(...this.list.map(({ ended = 0 }) => ended))
    const msPerCell = 25 * Math.max(1, Math.ceil(total / (widest - 1) / 25))
    const cells = Math.ceil(total / msPerCell) + 1
    return [
      dim(`   address          start   end   ${scale(cells, msPerCell)}  outcome`),
      ...this.list.map(
        (attempt) =>
          `${cyan(String(attempt.number))}  ${attempt.name.padEnd(16)} ${ms(attempt.began)}${ms(attempt.ended)}   ` +
          `${bar(attempt, cells, msPerCell)}  ${outcome(attempt)}`
      ),
    ]
  }
}

/** A label for every tenth cell. */
function scale(cells: number, msPerCell: number): string {
  let labels = ''
  for (let cell = 0; cell + 3 <= cells; cell += 10) labels = labels.padEnd(cell) + cell * msPerCell
  return labels.padEnd(cells)
}

function ms(instant: number | undefined): string {
  return (instant === undefined ? '–' : String(Math.round(instant))).padStart(6)
}

function bar({ began, ended, ending }: Attempt, cells: number, msPerCell: number): string {
  if (began === undefined || ended === undefined || ending === undefined) return ' '.repeat(cells)
  const [end, colour] = endings[ending]
  const first = Math.round(began / msPerCell)
  const last = Math.max(first, Math.round(ended / msPerCell))
  return `${' '.repeat(first)}${colour('━'.repeat(last - first) + end)}${' '.repeat(Math.max(0, cells - last - 1))}`
}

function outcome({ began, ending, error }: Attempt): string {
  if (began === undefined) return dim('· never dialled')
  if (ending === undefined) return dim('· under way')
  return mark(`${endings[ending][0]} ${error?.code ?? ending}`)
}
