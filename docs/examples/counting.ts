/** What the guide to threads has them do, and tell of. */
import type { MessagePort } from 'node:worker_threads'
import { serveWorker } from '@coppice/node'
import { sleep } from 'coppice'

export const counting = serveWorker(function* counting({ to, port }: { to: number; port: MessagePort }) {
  for (let done = 1; done <= to; done++) {
    yield* sleep(1)
    port.postMessage(done)
  }
  port.close()
  return `counted to ${to}`
})
