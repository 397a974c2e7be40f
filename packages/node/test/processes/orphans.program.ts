/** Has a process, with a child of its own, and ends in a way that lets no cleanup run. */
import process from 'node:process'
import { spawnProcess } from '@coppice/node'
import { run, suspend } from 'coppice'
import { scripts } from './running.ts'

await run(function* () {
  const child = yield* spawnProcess(process.execPath, ['-e', scripts.hasChild(scripts.ignoresSignals)])
  const lines = yield* child.stdout.lines()
  const { value } = yield* lines.next()
  process.stdout.write(JSON.stringify([child.pid, Number(value)]))
  setTimeout(() => {
    if (process.argv[2] === 'exit') process.exit(3)
    throw new Error('Nobody catches this')
  })
  yield* suspend()
})
