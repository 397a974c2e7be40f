/** Prints from a thread, waits for it, and then waits for ever with an idle pool. */
import { worker, workerPool } from '@coppice/node'
import { run, suspend } from 'coppice'
import type { printing } from './printing.worker.ts'

const file = new URL('./printing.worker.ts', import.meta.url)

run(function* () {
  console.log(`done ${yield* worker<typeof printing>(file, 3000)}`)
  const pool = yield* workerPool<typeof printing>(file, { size: 1 })
  yield* pool.run(0)
  console.log('idle')
  yield* suspend()
})
