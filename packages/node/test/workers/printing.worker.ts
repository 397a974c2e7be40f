import process from 'node:process'
import { serveWorker } from '@coppice/node'
import { sleep } from 'coppice'

export const printing = serveWorker(function* printing(lines: number) {
  for (let line = 0; line < lines; line++) console.log(`line ${line}`)
  process.stdout.write('')
  yield* sleep(50)
  return lines
})
