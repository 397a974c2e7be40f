// Loads the modules that modules.mjs has written, in a process that has nothing else to load.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import vm from 'node:vm'

/** Gives `load(file)`, which evaluates a module, and those that it imports, the first time that it is asked for. */
export function loaderOf(written) {
  const { directory, codes, named } = JSON.parse(readFileSync(written, 'utf8'))
  let loaded = new Map()
  const isolateModules = (body) => {
    const before = loaded
    loaded = new Map()
    try {
      body()
    } finally {
      loaded = before
    }
  }

  return function load(file) {
    if (loaded.has(file)) return loaded.get(file).exports
    const place = path.join(directory, file)
    const fromHost = createRequire(place)
    const require = (specifier) => {
      const own = specifier.startsWith('.')
        ? path.posix.join(path.posix.dirname(file), specifier)
        : named[specifier]
      return own in codes ? load(own) : fromHost(specifier)
    }
    const module = { exports: {} }
    loaded.set(file, module)
    const code = `(function (exports, require, module, __filename, __dirname, jest) {${codes[file]}\n})`
    vm.runInThisContext(code, { filename: place })(
      module.exports,
      require,
      module,
      place,
      path.dirname(place),
      { ...globalThis.jest, isolateModules, requireActual: require }
    )
    return module.exports
  }
}
