/** Prints from a thread, waits for it, and then waits for ever with an idle pool. */
import process from 'node:process'
import { worker, workerPool } from '@coppice/node'
import { run, suspend } from 'coppice'
import type { printing } from './printing.worker.ts'

const file = process.argv[2]!
const options = { execArgv: [] }

run(function* () {
  console.log(`done ${yield* worker<typeof printing>(file, 3000, options)}`)
  const pool = yield* workerPool<typeof printing>(file, { size: 1, ...options })
  yield* pool.run(0)
  console.log('idle')
  yield* suspend()
})
