/** Who still runs in a process group. */
import { readFileSync, readdirSync } from 'node:fs'
import process from 'node:process'

/**
 * Whether anybody in a process group, to which a signal can be sent, still runs. A process that has ended counts for signals until its
 * parent has collected it, and in a container the first process, which inherits orphans, often collects nobody.
 */
export function hasRunningMember(groupId: number): boolean {
  if (process.platform !== 'linux') return true
  try {
    return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && runsIn(groupId, entry))
  } catch {
    return true
  }
}

/** The line is `pid (name) state parent group …`, and a name may have anything in it. */
function runsIn(groupId: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(group) === groupId && state !== 'Z' && state !== 'X'
  } catch {
    // It has ended since the list was made.
    return false
  }
}
