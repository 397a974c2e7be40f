// Finds a runtime's program, and installs it if need be: into node_modules/.cache, once for each version.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { root } from '../packages.mjs'

const cache = path.join(root, 'node_modules/.cache/coppice-runtimes')

/** A directory of our own below `node_modules`, for what is made for a run. */
export const directory = (name) => path.join(cache, name)

/** `{ program }`, or `{ missing }` with the reason. **Throws:** if an installation fails. */
export function find(runtime) {
  return runtime.browser === undefined ? findBinary(runtime) : findBrowser(runtime)
}

function findBinary({ name, version, binary }) {
  if (name === `node${process.versions.node.split('.')[0]}` && version === process.versions.node) {
    return { program: process.execPath }
  }
  const place = binary.isDependency ? root : directory(`${name}-${version}`)
  const program = path.join(place, 'node_modules', binary.package, binary.file)
  if (existsSync(program)) return { program }
  if (binary.isDependency) return { missing: `${program} is missing: run \`npm ci\`` }
  return install(place, `${binary.package}@${version}`)
    ? { program }
    : { missing: `npm has no ${binary.package}@${version}` }
}

/** False if there is no such package: nobody has made it for this platform. */
function install(place, specifier) {
  const half = `${place}.${process.pid}`
  mkdirSync(half, { recursive: true })
  // It has to be a project of its own, or npm would install into ours.
  writeFileSync(path.join(half, 'package.json'), '{ "private": true }')
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', specifier]
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: half, encoding: 'utf8' })
  if (status === 0) {
    rmSync(place, { recursive: true, force: true })
    renameSync(half, place)
    return true
  }
  rmSync(half, { recursive: true, force: true })
  if (/E404|ETARGET|EBADPLATFORM/.test(stderr)) return false
  throw new Error(`npm ${args.join(' ')}\n${stdout}${stderr}`)
}

function findBrowser({ name, browser }) {
  const variable = name.toUpperCase()
  const named = process.env[variable]
  if (named !== undefined) {
    return isProgram(named)
      ? { program: named }
      : { missing: `${variable}=${named} is no file that can be executed` }
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  for (const program of browser) {
    for (const folder of folders) {
      const file = path.join(folder, program)
      if (isProgram(file)) return { program: file }
    }
  }
  return {
    missing: `none of ${browser.join(', ')} is in the PATH. Install one, or name it: ${variable}=/path/to/it`,
  }
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
