/** What the numbers depend on and do not say themselves. No dates and no host names: runs are to be comparable. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import process from 'node:process'

const PACKAGES = { effection: 'effection', effect: 'effect', 'redux-saga': 'redux-saga', rxjs: 'rxjs' }

export function describeEnvironment(contenders) {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const cores = availableParallelism()
  const libraries = contenders.flatMap((contender) => {
    const version = versionOf(PACKAGES[contender])
    return version === undefined ? [] : [`${contender} ${version}`]
  })
  const line = [`Node ${process.versions.node}`, `${cpu}, ${cores} cores`, ...libraries].join('; ')
  return { node: process.versions.node, v8: process.versions.v8, cpu, cores, libraries, line }
}

function versionOf(name) {
  if (name === undefined) return undefined
  try {
    // Read as a file: not every package exports its package.json.
    return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version
  } catch {
    return undefined
  }
}
