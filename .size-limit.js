// What a program pays for the core of structured concurrency, minified and gzipped.
export default [
  {
    name: 'run, spawn, cancel, select, sleep, scope',
    path: 'packages/core/dist/index.js',
    import: '{ run, spawn, cancel, select, sleep, scope }',
    gzip: true,
    limit: '4.0 kB',
  },
]
