// Makes modules for a page of what our tests use and did not write: Jest's matchers and mocks, and fast-check.

import esbuild from 'esbuild'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { root } from '../../packages.mjs'

const builtins = new Set(builtinModules)

/** Jest's modules look around while they load, and use nothing of it in a page: they get something that can be asked for anything. */
const withoutNode = {
  name: 'without-node',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path: specifier }) => {
      const name = specifier.replace(/^node:/, '')
      return builtins.has(name) ? { path: name, namespace: 'without-node' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'without-node' }, () => ({ contents: nothing }))
  },
}

const nothing = `
const nothing = new Proxy(function () {}, {
  get(target, key) {
    if (key === '__esModule') return true
    if (key === 'default') return nothing
    if (key === 'prototype') return target.prototype
    if (key === Symbol.toPrimitive) return () => ''
    return typeof key === 'symbol' ? undefined : nothing
  },
  apply: () => nothing,
})
module.exports = nothing`

/** **Throws:** what esbuild finds. Writes `main.js` and `fast-check.js`. */
export async function bundle(outdir) {
  const page = path.join(root, 'scripts/runtimes/page')
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [
      { in: path.join(page, 'main.mjs'), out: 'main' },
      { in: 'fast-check', out: 'fast-check' },
    ],
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"test"', global: 'globalThis', __dirname: '"/"' },
    plugins: [withoutNode],
  })
}
