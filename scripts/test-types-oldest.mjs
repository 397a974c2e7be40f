// Runs the tests of types with the oldest TypeScript that we support, against the built types: `npm run test:types` has the newest with an
// interface that a test can ask, against the sources.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import { root } from './packages.mjs'

const consumer = path.join(root, 'consumers/typescript-5.4')
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules/tstyche/dist/bin.js'), '--tsconfig', path.join(consumer, 'tsconfig.json')],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      TSTYCHE_TYPESCRIPT_MODULE: path.join(consumer, 'node_modules/typescript/lib/typescript.js'),
    },
  }
)
process.exitCode = status ?? 1
