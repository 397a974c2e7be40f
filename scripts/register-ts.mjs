// node --import ./scripts/register-ts.mjs program.ts
//
// Runs TypeScript from source on Node 20, which cannot strip types itself, in one process: a Ctrl-C reaches the
// program and nobody else.

import * as module from 'node:module'
import process from 'node:process'

process.setSourceMapsEnabled(true)
// In a thread of their own on Node 20. Later versions warn of that, and have another way.
if (module.registerHooks === undefined) module.register('./ts-hooks.mjs', import.meta.url)
else module.registerHooks(await import('./ts-hooks.mjs'))
