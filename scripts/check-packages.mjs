// Checks the built packages as their users will meet them: packed, installed offline into an empty project, imported,
// required and type-checked there. publint and attw judge the same tarballs.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import ts from 'typescript'
import { compileInstalled } from './compile-installed.mjs'
import { lintInstalled } from './lint-installed.mjs'
import { exportsOf, isRequirable, packages, root, sources, standalone } from './packages.mjs'
import { runThreadsInstalled } from './threads-installed.mjs'

const temporary = mkdtempSync(path.join(tmpdir(), 'coppice-packages-'))
try {
  checkTables()
  const tarballs = packages.map(pack)
  tarballs.forEach((tarball, index) => checkTarball(tarball, packages[index]))
  checkInstalled(tarballs)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
console.log(
  `${packages.map(({ name }) => name).join(', ')}: packed, installed, imported, required and type-checked`
)

/** The entries stand in three places that nothing else compares. */
function checkTables() {
  const { config, error } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile)
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const paths = Object.entries(config.compilerOptions.paths).map(([name, [file]]) => [
    name,
    path.join(root, file),
  ])
  expectSame('paths in tsconfig.json', paths, [...sources])
  for (const item of packages) {
    const file = path.join(item.directory, 'package.json')
    const { exports } = JSON.parse(readFileSync(path.join(root, file), 'utf8'))
    expectSame(`exports in ${file}`, exports, exportsOf(item))
  }
}

function expectSame(what, actual, expected) {
  const [is, shouldBe] = [actual, expected].map((value) =>
    JSON.stringify(Array.isArray(value) ? value.map(String).sort() : value, null, 2)
  )
  if (is !== shouldBe) throw new Error(`${what} are\n${is}\nbut scripts/packages.mjs has\n${shouldBe}`)
}

function pack({ directory }) {
  const printed = execute(
    'npm',
    ['pack', '--json', '--pack-destination', temporary],
    path.join(root, directory)
  )
  return path.join(temporary, JSON.parse(printed)[0].filename)
}

function checkTarball(tarball, item) {
  const tool = (name) => path.join(root, 'node_modules', '.bin', name)
  execute(tool('publint'), ['run', '--strict', tarball], root)
  const modulesOnly = Object.keys(item.entries).filter((entry) => !isRequirable(item, entry))
  const attw = (profile, ...options) =>
    execute(tool('attw'), [tarball, '--profile', profile, ...options], root)
  if (modulesOnly.length === 0) return void attw('node16')
  attw('node16', '--exclude-entrypoints', ...modulesOnly)
  attw('esm-only', '--entrypoints', ...modulesOnly)
}

function checkInstalled(tarballs) {
  const project = path.join(temporary, 'project')
  const write = (file, text) => writeFileSync(path.join(project, file), text)
  mkdirSync(project)
  write('package.json', JSON.stringify({ private: true, dependencies: linksToOthers() }))
  execute('npm', ['install', '--offline', '--ignore-scripts', ...tarballs], project)

  // Here no optional peer is installed. What needs one as its host has its tests there, in packages/testing/test.
  const specifiers = standalone
  const list = JSON.stringify(specifiers)
  // Entries of one package share their state, so what two of them export under one name must be one thing.
  const check = `
    for (const [a, one] of entries) {
      if (Object.keys(one).length === 0) throw new Error(a + ' exports nothing')
      for (const [b, two] of entries) for (const key in one) {
        if (a.split('/')[0] === b.split('/')[0] && key in two && one[key] !== two[key]) {
          throw new Error(a + ' and ' + b + ' have different copies of ' + key)
        }
      }
    }`
  write(
    'import.mjs',
    `const entries = []; for (const s of ${list}) entries.push([s, await import(s)]);${check}`
  )
  write('require.cjs', `const entries = ${list}.map((s) => [s, require(s)]);${check}`)
  // Nor may a process that does both have two copies.
  write(
    'both.mjs',
    `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    for (const s of ${list}) {
      const [one, two] = [await import(s), require(s)]
      const keys = Object.keys(two)
      // The mark beside a default export is seen by those who import.
      const isName = (key) => key !== 'default' && key !== '__esModule'
      const names = (module) => Object.keys(module).filter(isName).join()
      if (names(one) !== names(two)) throw new Error(s + ' imports other names than it requires')
      for (const key of keys) if (one[key] !== two[key]) throw new Error(s + ' has two copies of ' + key)
    }`
  )
  execute(process.execPath, ['import.mjs'], project)
  execute(process.execPath, ['both.mjs'], project)
  // Node 20.19 and later forgive a `require` that ends at an ES module; hosts that do not are the ones to check.
  const strictRequire = ['--no-experimental-require-module'].filter((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag)
  )
  execute(process.execPath, [...strictRequire, 'require.cjs'], project)

  compileInstalled(project, specifiers, execute)
  lintInstalled(project, execute)
  runThreadsInstalled(project, execute)
}

/** What our packages need of others, as links to what this repository has of it: nothing is asked of a registry. */
function linksToOthers() {
  const ours = new Set(packages.map(({ name }) => name))
  const needed = packages.flatMap(({ directory }) => {
    const manifest = JSON.parse(readFileSync(path.join(root, directory, 'package.json'), 'utf8'))
    return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  })
  const others = needed.filter((name) => !ours.has(name))
  return Object.fromEntries(others.map((name) => [name, `file:${path.join(root, 'node_modules', name)}`]))
}

/** Silent when all is well; everything that was printed otherwise. */
function execute(command, args, directory) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error) throw error
  if (status === 0) return stdout
  throw new Error(`${path.basename(command)} ${args.join(' ')}\n${stdout}${stderr}`)
}
