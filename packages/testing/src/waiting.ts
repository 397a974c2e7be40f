/** Who waits on what, for people. */
import { OutsideEffect, type Scope, Task, WAITING, waitsOn } from 'coppice/kernel'
import { formatTree } from 'coppice'
import { DeadlockError, type Waiting } from './errors.ts'

/** The printed effect that a task waits on, or the children. */
export function waitingOn(task: Task): string {
  const effect = task.wait?.effect
  // What stands in its parentheses is the program's own function, which has a name by chance only.
  if (effect instanceof OutsideEffect && effect.runsAsWritten) return 'action'
  return waitsOn(task)
}

/** A task and all that run below it, owners before what they own. */
export function tasksOf(root: Task): Task[] {
  const found = [root]
  // The list grows while it is walked: a tree may be deeper than the JavaScript stack.
  for (const task of found) {
    const owned: Task[] = []
    for (let scope: Scope | null = task.scope; scope !== null; scope = scope === task ? null : scope.outer) {
      for (let item = scope.newest; item !== null; item = item.older)
        if (item instanceof Task) owned.push(item)
    }
    found.push(...owned.reverse())
  }
  return found
}

/** The error for a program of which nothing can ever run again. */
export function deadlock(roots: readonly Task[], awaitsPromise: boolean): DeadlockError {
  const open = roots.filter((root) => root.outcome === undefined)
  const waiting: Waiting[] = []
  const lines: string[] = []
  for (const task of open.flatMap(tasksOf)) {
    if (task.signal !== WAITING) continue
    const on = waitingOn(task)
    waiting.push({ name: task.name, on })
    lines.push(`  ${task.label} waits on ${on}${endedBy(task)}`)
  }
  const hint = awaitsPromise
    ? '\nA real promise is under way, which a synchronous run can not wait for: answer with a value, or use await sim.settle().'
    : ''
  return new DeadlockError(waiting, lines, open.map(formatTree).join('\n'), hint)
}

function endedBy(task: Task): string {
  const tasks = [...(task.wait?.couldBeEndedBy?.() ?? [])]
  if (tasks.length === 0) return ''
  return `, which ${tasks.map(({ label }) => label).join(' or ')} could end`
}
