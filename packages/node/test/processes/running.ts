import { readFileSync } from 'node:fs'
import process from 'node:process'
import { operation, sleep } from 'coppice'

/** Whether a process runs. One that has ended and that nobody has collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    if (process.platform !== 'linux') return true
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/\) [ZX] /.test(stat.slice(stat.lastIndexOf(')')))
  } catch {
    return false
  }
}

export const untilEnded = operation('untilEnded', function* (pid: number) {
  while (isRunning(pid)) yield* sleep(5)
})

/** Scripts for `node -e`. Each says when it is ready, so that no signal comes before its handler is there. */
export const scripts = {
  waits: `setInterval(() => {}, 1000); console.log('ready')`,
  cleansUp: `
    setInterval(() => {}, 1000)
    process.on('SIGTERM', () => { console.log('cleaning up'); setTimeout(() => process.exit(0), 50) })
    console.log('ready')`,
  /** Takes its time to clean up, and leaves a file when it has. */
  cleansUpInto: (file: string) => `
    setInterval(() => {}, 1000)
    process.on('SIGTERM', () => setTimeout(() => {
      require('node:fs').writeFileSync(${JSON.stringify(file)}, 'clean')
      process.exit(0)
    }, 150))
    console.log('ready')`,
  ignoresSignals: `setInterval(() => {}, 1000); process.on('SIGTERM', () => {}); console.log('ready')`,
  /** Starts a process of its own, prints the number of that, and ends only if it is told to. */
  hasChild: (child: string) => `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.once('data', () => console.log(child.pid))
    setInterval(() => {}, 1000)`,
  /** As that, but ends at once and leaves its child. */
  leavesChild: (child: string) => `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.once('data', () => { console.log(child.pid); process.exit(0) })`,
  /** For a shell: ends at once, and leaves in its group one that has ended, and whose parent, outside of it, does not collect it. Prints who that is. */
  collectsNobody: `(sleep 0.01 & exec setsid sleep 1000 > /dev/null 2>&1) & echo $!`,
}
