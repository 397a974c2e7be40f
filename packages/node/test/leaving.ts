/** What a program must not leave behind in this process. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import { type Operation, type Task, run } from 'coppice'

/** Sockets, files, timers and watchers that are open. */
function openHandles(): string[] {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !/^(Timeout|Immediate|TTY)/.test(kind))
  return [...kinds, ...openFiles()].sort()
}

/** Files of temporary directories, where the host can list them. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return []
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.includes('coppice-'))
}

/** What was closed is gone in the next turn of the host's event loop, or in one soon after. */
async function expectNothingLeft(before: readonly string[]): Promise<void> {
  for (let turn = 0; turn < 100 && newSince(before).length > 0; turn++)
    await new Promise((resolve) => setTimeout(resolve, 2))
  expect(newSince(before)).toEqual([])
}

function newSince(before: readonly string[]): string[] {
  const rest = [...before]
  return openHandles().filter((handle) => {
    const at = rest.indexOf(handle)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}

/** Runs a program, and sees to it that no handle is left open. */
export async function leavingNothing<T>(program: () => Operation<T>): Promise<T> {
  const before = openHandles()
  try {
    return await run(program)
  } finally {
    await expectNothingLeft(before)
  }
}

/**
 * Cancels a program at each place where one of its tasks waits, one run for each, until a run comes to its end; after each, nothing may be left
 * open. Gives how many places there were.
 */
export async function cancelEverywhere(
  program: () => Operation<unknown>,
  check: (task: Task) => void = () => {}
): Promise<number> {
  for (let at = 0; ; at++) {
    const before = openHandles()
    let waits = 0
    const suspended = () => {
      if (waits++ === at) queueMicrotask(() => void task.cancel('everywhere'))
    }
    const task: Task = run(program, { observers: [{ suspended }] })
    await task.then(
      () => {},
      (error) => {
        if (task.outcome?.status === 'failed') throw error
      }
    )
    check(task)
    await expectNothingLeft(before)
    if (waits <= at) return at
  }
}
