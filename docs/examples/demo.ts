// npm run demo
//
// Tells in four chapters, on real sockets, what structured concurrency is. Ctrl-C cancels it at any time, cleanly.
//
//   npm run demo -- --hang   no server ever answers, until you press Ctrl-C
//   npm run demo -- --ipv4   does as if this machine had no IPv6

import process from 'node:process'
import { operation, spawn } from 'coppice'
import { main } from '@coppice/node'
import { aScopeWaits } from './demo/chapter-1-scope.ts'
import { aDelayWins } from './demo/chapter-2-select.ts'
import { aTreeUnwinds } from './demo/chapter-3-cancel.ts'
import { theFirstWins } from './demo/chapter-4-connect.ts'
import { Stage } from './demo/stage.ts'

const stage = new Stage()
const options = { hang: process.argv.includes('--hang'), ipv4: process.argv.includes('--ipv4') }

const story = operation('story', function* () {
  stage.title('Coppice: structured concurrency, told on real sockets')
  for (const chapter of [aScopeWaits, aDelayWins, aTreeUnwinds, theFirstWins]) {
    const told = yield* spawn(chapter(stage, options))
    yield* told
  }
})

// Told before main cancels it, to show the tree as it is then.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stage.isCancelledBy(signal))

const code = await main(story, { observers: [stage] })
await stage.end(code === 0 ? 'The end.' : `${code > 128 ? 'Cancelled' : 'Failed'}: exit code ${code}.`)
