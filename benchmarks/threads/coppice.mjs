import { serveWorker } from '@coppice/node'

serveWorker(function* (input) {
  return input
})
