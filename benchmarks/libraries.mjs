/**
 * What of each library a small program uses, by the module that it is imported from: that which runs, starts, cancels, races, sleeps
 * and groups. `a.b` is the member `b` of the export `a`.
 */
const libraries = {
  effection: { effection: ['run', 'spawn', 'race', 'sleep', 'scoped'] },
  effect: {
    effect: [
      'Effect.runPromise',
      'Effect.gen',
      'Effect.forkChild',
      'Fiber.interrupt',
      'Effect.raceFirst',
      'Effect.sleep',
      'Effect.scoped',
    ],
  },
  'redux-saga': {
    'redux-saga': ['runSaga'],
    'redux-saga/effects': ['call', 'fork', 'cancel', 'race', 'delay'],
  },
  rxjs: { rxjs: ['lastValueFrom', 'from', 'mergeAll', 'race', 'timer', 'finalize'] },
  coppice: { coppice: ['run', 'spawn', 'select', 'sleep', 'cancel', 'scope'] },
}

/** Whether there is a library behind a contender; bare promises are part of the language. */
export const hasLibrary = (contender) => contender in libraries

export const specifiers = (contender) => Object.keys(libraries[contender])

/** Programs that use these names, by how they import them. `size-full` is all that the library exports. */
export function programsOf(contender) {
  const modules = Object.entries(libraries[contender]).map(([from, paths], i) => ({
    from,
    paths,
    as: `_${i}`,
  }))
  const heads = ({ paths }) => [...new Set(paths.map((path) => path.split('.')[0]))].join(', ')
  const use = (paths) => `globalThis.used = [${paths.join(', ')}]`
  const plain = use(modules.flatMap(({ paths }) => paths))
  const prefixed = use(modules.flatMap(({ paths, as }) => paths.map((path) => `${as}.${path}`)))
  const write = (line, last) => [...modules.map(line), last].join('\n')
  return {
    'size-minimal': write((module) => `import { ${heads(module)} } from '${module.from}'`, plain),
    'size-namespace': write(({ from, as }) => `import * as ${as} from '${from}'`, prefixed),
    'size-require': write(({ from, as }) => `const ${as} = require('${from}')`, prefixed),
    'size-full': write(({ from, as }) => `export * as ${as} from '${from}'`, ''),
  }
}
