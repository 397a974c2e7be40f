// node --import ./scripts/register-ts.mjs program.ts
//
// Runs TypeScript from source on Node 20, which cannot strip types itself, in one process: a Ctrl-C reaches the
// program and nobody else.

import { register } from 'node:module'
import process from 'node:process'

process.setSourceMapsEnabled(true)
register('./ts-hooks.mjs', import.meta.url)
