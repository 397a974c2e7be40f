// What the demo prints with: chapters, lines with the time on them, trees, and the account that is drawn up at the end.

import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { formatTree, type Observer, type Task } from 'coppice'

const coloured = process.stdout.isTTY && !process.env.NO_COLOR
const style = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = style(1)
export const dim = style(2)
export const red = style(31)
export const green = style(32)
export const yellow = style(33)
export const cyan = style(36)

/** The marks of `formatTree`, in colour. */
const marks: Record<string, string> = {
  '●': cyan('●'),
  '◐': yellow('◐'),
  '○': yellow('○'),
  '✔': green('✔'),
  '✘': red('✘'),
}

export const mark = (text: string): string => text.replace(/[●◐○✔✘]/g, (found) => marks[found]!)

export class Stage implements Observer {
  /** Whatever else wants to know when tasks close. */
  audience: Observer | null = null
  #started = 0
  #closed = 0
  #entered = 0
  #left = 0
  #chapterBegan = 0
  #toDraw: Task | null = null
  #root: Task | null = null

  started(task: Task): void {
    this.#root ??= task
    this.#started++
  }

  closed(task: Task): void {
    this.#closed++
    this.audience?.closed?.(task)
  }

  title(text: string): void {
    this.line()
    this.line(bold(text))
    this.line(dim('─'.repeat(text.length)))
  }

  chapter(number: number, title: string): void {
    this.line()
    this.line(`${bold(cyan(String(number)))}  ${bold(title)}`)
    this.line()
    this.restartClock()
  }

  /** The time on the lines counts from here. */
  restartClock(): void {
    this.#chapterBegan = performance.now()
  }

  line(text = ''): void {
    process.stdout.write(text === '' ? '\n' : `  ${text}\n`)
  }

  say(text: string): void {
    const elapsed = Math.trunc(performance.now() - this.#chapterBegan)
    this.line(`   ${dim(`+${String(elapsed).padStart(4)} ms`)}  ${text}`)
  }

  /** What is returned belongs into a `finally`, or into an `ensure`. */
  enter(what: string): () => void {
    this.#entered++
    return () => {
      this.#left++
      this.say(`${dim('finally')}  ${what}`)
    }
  }

  draw(root: Task): void {
    this.line()
    for (const line of formatTree(root).split('\n')) this.line(`      ${paint(line)}`)
    this.line()
  }

  /** Draws the tree when everything that happens in this instant has happened. Observers may call it. */
  drawSoon(root: Task): void {
    if (this.#toDraw === null) {
      queueMicrotask(() => {
        this.draw(this.#toDraw!)
        this.#toDraw = null
      })
    }
    this.#toDraw = root
  }

  isCancelledBy(signal: string): void {
    this.line()
    this.say(`${signal} cancels the whole tree:`)
    this.draw(this.#root!)
  }

  /** Shows that nothing is left. */
  async end(text: string): Promise<void> {
    // What was closed is gone in the next turn of the host's event loop.
    await setTimeout(1)
    const open = process.getActiveResourcesInfo().filter((kind) => /^(TCP|Timeout|Worker)/.test(kind))
    this.line()
    this.line(bold(text))
    this.line(`${this.#started} tasks were started, and ${this.#closed} have closed.`)
    this.line(`${this.#entered} finally blocks were entered, and ${this.#left} have run.`)
    this.line(`${open.length} sockets and timers are open.`)
  }
}

function paint(line: string): string {
  const [, stem, name, id, status, wait] = /^([│├└─ ]*)(.*?)(#\d+) (\S+ \w+)(.*)$/.exec(line)!
  return `${dim(stem!)}${name}${dim(id!)} ${mark(status!)}${dim(wait!)}`
}
