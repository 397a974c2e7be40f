// What a program pays for the core of structured concurrency, minified and gzipped. The goal is 4 kB: see docs/benchmarks.md.
export default [
  {
    name: 'run, spawn, cancel, select, sleep, scope',
    path: 'packages/core/dist/index.js',
    import: '{ run, spawn, cancel, select, sleep, scope }',
    gzip: true,
    limit: '10.75 kB',
  },
]
