// The module hooks behind register-ts.mjs: they find our own packages in their sources and erase the types.

import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sources } from './packages.mjs'
import { transpile } from './transpile.mjs'

export function resolve(specifier, context, nextResolve) {
  const source = sources.get(specifier)
  if (source === undefined) return nextResolve(specifier, context)
  return { url: pathToFileURL(source).href, format: 'module', shortCircuit: true }
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const file = fileURLToPath(url)
  const { code } = transpile(await readFile(file, 'utf8'), file, {
    inlineSourceMap: true,
    inlineSources: true,
  })
  return { format: 'module', source: code, shortCircuit: true }
}
