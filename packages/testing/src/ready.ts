/** The trees that have something to run. Their queues, one behind the other, are one queue to pick from. */
import type { Task, Tree } from 'coppice/kernel'

export class ReadyTrees {
  /** The first goes on until its queue is empty, as in production, unless another entry is picked (S6). */
  readonly #trees: Tree[] = []

  get isEmpty(): boolean {
    return this.#trees.length === 0
  }

  /** The tree, if there is just one. */
  get only(): Tree | null {
    return this.#trees.length === 1 ? this.#trees[0]! : null
  }

  add(tree: Tree): void {
    this.#trees.push(tree)
  }

  /** Its queue is empty. */
  remove(tree: Tree): void {
    tree.scheduled = false
    if (this.#trees[0] === tree) this.#trees.shift()
    else this.#trees.splice(this.#trees.indexOf(tree), 1)
  }

  clear(): void {
    this.#trees.length = 0
  }

  /** How many entries there are to pick from. */
  get width(): number {
    let width = 0
    for (const { queue } of this.#trees) width += queue.length
    return width
  }

  /** An entry, in production's order. */
  at(index: number): Task {
    const [tree, own] = this.locate(index)
    return tree.queue.at(own)
  }

  /** The tree of an entry, and where the entry stands in its queue. */
  locate(index: number): [Tree, number] {
    let own = index
    for (const tree of this.#trees) {
      if (own < tree.queue.length) return [tree, own]
      own -= tree.queue.length
    }
    throw new RangeError(`There is no entry ${index}`)
  }

  /** Where a task stands; −1 if it is not queued. */
  indexOf(task: Task): number {
    for (let index = 0, { width } = this; index < width; index++) if (this.at(index) === task) return index
    return -1
  }
}
