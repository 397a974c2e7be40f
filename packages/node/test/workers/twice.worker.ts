import { serveWorker } from '@coppice/node'

export const one = serveWorker(function* () {})
export const two = serveWorker(function* () {})
