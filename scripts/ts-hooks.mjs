// The module hooks behind register-ts.mjs: they find our own packages in their sources and erase the types.

import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sources } from './packages.mjs'
import { transpile } from './transpile.mjs'

export function resolve(specifier, context, nextResolve) {
  const source = sources.get(specifier)
  if (source === undefined) return nextResolve(specifier, context)
  return { url: pathToFileURL(source).href, format: 'module', shortCircuit: true }
}

export function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const file = fileURLToPath(url)
  const { code } = transpile(readFileSync(file, 'utf8'), file, {
    inlineSourceMap: true,
    inlineSources: true,
  })
  return { format: 'module', source: code, shortCircuit: true }
}
