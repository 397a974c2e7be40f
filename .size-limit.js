// What programs pay, minified and gzipped. The goal for the first one is 4 kB: see docs/benchmarks.md.
//
// A bundler takes the ES modules and leaves out what is not imported; a program that requires a package has all of it.

const importing = (name, path, imports, limit, more) => ({
  name,
  path,
  import: imports,
  gzip: true,
  limit,
  ...more,
})

/** What a package imports of others is theirs. */
const alone = (...ignore) => ({
  ignore: ['coppice', 'coppice/kernel', ...ignore],
  modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
})

const core = 'packages/core/dist/index.js'
const all = '*'

export default [
  importing(
    'run, spawn, cancel, select, sleep, scope',
    core,
    '{ run, spawn, cancel, select, sleep, scope }',
    '10.9 kB'
  ),
  importing(
    'a program',
    core,
    '{ run, operation, spawn, scope, select, all, sleep, timeout, attempt, call, until, action, shield, resource, use, ensure }',
    '13.1 kB'
  ),
  importing('channels', core, '{ run, spawn, createChannel, createSemaphore, forEach }', '13.75 kB'),
  importing(
    'streams',
    core,
    '{ run, from, events, pipe, mapEach, filter, take, debounce, switchMap, merge, forEach, collect }',
    '16.8 kB'
  ),
  importing('retries', core, '{ run, retry, exponential, jittered, upTo, timeout }', '11.2 kB'),
  importing('coppice', core, all, '32 kB'),
  importing('coppice/kernel', 'packages/core/dist/kernel.js', all, '8.4 kB'),
  importing('@coppice/testing', 'packages/testing/dist/index.js', all, '21 kB', alone()),
  importing('@coppice/node', 'packages/node/dist/index.js', all, '20 kB', alone()),
  importing(
    'eslint-plugin-coppice',
    'packages/eslint-plugin/dist/index.js',
    all,
    '8 kB',
    alone('@typescript-eslint/utils', 'typescript')
  ),
  importing("require('coppice')", 'packages/core/dist/index.cjs', undefined, '33.1 kB'),
  importing("require('@coppice/testing')", 'packages/testing/dist/index.cjs', undefined, '21.3 kB', alone()),
  importing("require('@coppice/node')", 'packages/node/dist/index.cjs', undefined, '20.2 kB', alone()),
  importing(
    "require('eslint-plugin-coppice')",
    'packages/eslint-plugin/dist/index.cjs',
    undefined,
    '7.9 kB',
    alone('@typescript-eslint/utils', 'typescript')
  ),
]
