import { tasksFrom } from '../kernel/abandon.ts'
import { misfit } from '../kernel/misuse.ts'
import { Task as KernelTask } from '../kernel/task.ts'
import { waitsOn } from '../kernel/waits-on.ts'
import type { Task, TaskStatus } from '../task.ts'

/** What `inspectTree` shows of a task. */
export interface TreeNode {
  /** As of the task: counts from 1 in each tree. */
  readonly id: number
  /** As of the task. */
  readonly name: string
  /** As of the task. */
  readonly status: TaskStatus
  /** The printed effect on which it waits, `children: …` while it waits for these, `running` while it does not wait. Empty when closed. */
  readonly waitsOn: string
  /** Milliseconds since it began to wait. */
  readonly since: number
  /** Oldest first. */
  readonly children: readonly TreeNode[]
}

/**
 * A snapshot of a task and all below it, as plain data.
 *
 * **Throws:** `MisuseError` for what is no task.
 *
 * @example
 * ```ts
 * const task = run(function* main() {
 *   yield* spawn(suspend, { name: 'server' })
 *   yield* sleep(5)
 * })
 * const { name, waitsOn, children } = inspectTree(task)
 * console.assert(name === 'main' && waitsOn === 'sleep(5)' && children[0]?.name === 'server')
 * await task.cancel()
 * ```
 */
export function inspectTree(task: Task): TreeNode {
  if (!(task instanceof KernelTask)) throw misfit('inspectTree takes a task', task)
  const root = nodeOf(task)
  const pending: [KernelTask, MutableNode][] = [[task, root]]
  // A tree may be deeper than the JavaScript stack.
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of childrenOf(next[0])) {
      const node = nodeOf(child)
      next[1].children.push(node)
      pending.push([child, node])
    }
  }
  return root
}

interface MutableNode extends TreeNode {
  readonly children: MutableNode[]
}

function nodeOf(task: KernelTask): MutableNode {
  const { id, name, status, tree, since } = task
  tree.look()
  return { id, name, status, waitsOn: waitsOn(task), since: Math.max(0, tree.elapsed - since), children: [] }
}

/** All tasks that the frames of a task own, oldest first. */
function childrenOf(task: KernelTask): KernelTask[] {
  return tasksFrom(task.scope, task.outer).reverse()
}

/**
 * A task and all below it, for a terminal: as it is now, or as `inspectTree` has seen it.
 *
 * **Throws:** `MisuseError` for what is neither.
 *
 * @example
 * ```ts
 * const task = run(function* main() {
 *   yield* spawn(suspend, { name: 'server' })
 *   yield* sleep(5)
 * })
 * console.assert(formatTree(task).startsWith('main#1'))
 * await task.cancel()
 * ```
 */
export function formatTree(tree: Task | TreeNode): string {
  const lines: string[] = []
  const pending: { node: TreeNode; lead: string; stem: string }[] = [
    { node: seenIn(tree), lead: '', stem: '' },
  ]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, lead, stem } = next
    lines.push(lead + lineFor(node))
    for (const [i, child] of [...node.children.entries()].reverse()) {
      const last = i === node.children.length - 1
      pending.push({ node: child, lead: stem + (last ? '└─ ' : '├─ '), stem: stem + (last ? '   ' : '│  ') })
    }
  }
  return lines.join('\n')
}

function seenIn(tree: Task | TreeNode): TreeNode {
  if (tree instanceof KernelTask) return inspectTree(tree)
  if (Array.isArray((tree as TreeNode | undefined)?.children)) return tree as TreeNode
  throw misfit('formatTree takes a task, or what inspectTree gave', tree)
}

const MARKS: Record<TaskStatus, string> = {
  running: '●',
  unwinding: '◐',
  done: '✔',
  failed: '✘',
  cancelled: '○',
}

function lineFor({ id, name, status, waitsOn, since }: TreeNode): string {
  const title = `${name}#${id} ${MARKS[status]} ${status}`
  if (waitsOn === '' || waitsOn === 'running') return title
  return `${title} · ${waitsOn}${waitsOn.startsWith('children') ? '' : ` for ${formatMs(since)}`}`
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
}
