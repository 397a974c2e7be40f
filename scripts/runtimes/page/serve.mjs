// Serves the page with our tests, file by file with their types erased, and the packages as they were built.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { packages, root } from '../../packages.mjs'
import { transpile } from '../../transpile.mjs'
import { bundle } from './bundle.mjs'
import { filesElsewhere, testsElsewhere } from './elsewhere.mjs'

const tested = ['packages/core/test', 'packages/testing/test']

/** The test files that a page runs, without those whose path has one of `slow` in it. */
export function filesOfPage(slow = []) {
  const files = tested.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.posix.join(folder, file.replaceAll(path.sep, '/'))
    )
  )
  return files
    .filter((file) => file.endsWith('.test.ts') && !filesElsewhere.some(({ file: other }) => file === other))
    .filter((file) => !slow.some((part) => file.includes(part)))
    .sort()
}

/** Each of our packages by the name under which it is imported, at the address of its built module; and what a page has not. */
const importMap = Object.fromEntries([
  ...packages.flatMap(({ name, directory, entries }) =>
    Object.keys(entries).map((entry) => [
      entry === 'index' ? name : `${name}/${entry}`,
      `/${directory}/dist/${entry}.js`,
    ])
  ),
  ['fast-check', '/modules/fast-check.js'],
  ...builtinModules.map((name) => [`node:${name}`, `/node/${name}.js`]),
])

/** Gives `serve(hear)`, which opens the page at an address of its own: `{ url, close() }`. */
export async function makePage(outdir, files = filesOfPage()) {
  await bundle(outdir)
  const html = `<!doctype html><meta charset="utf-8"><title>Coppice</title>
<script>${tellOfErrors}</script>
<script type="importmap">${JSON.stringify({ imports: importMap })}</script>
<script type="application/json">${JSON.stringify({ files, elsewhere: testsElsewhere })}</script>
<script type="module" src="/modules/main.js"></script>`

  return (hear) =>
    new Promise((resolve) => {
      const server = createServer((request, response) => void answer(request, response, hear))
      server.listen(0, '127.0.0.1', () => {
        const close = () => (server.closeAllConnections(), server.close())
        resolve({ url: `http://127.0.0.1:${server.address().port}/`, close })
      })
    })

  async function answer(request, response, hear) {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (pathname === '/tell') {
      hear(JSON.parse(await textOf(request)))
      return void response.end()
    }
    if (pathname === '/') return void response.setHeader('content-type', 'text/html').end(html)
    const source = await moduleAt(pathname, outdir)
    if (source === undefined) return void response.writeHead(404).end()
    response.setHeader('content-type', 'text/javascript').end(source)
  }
}

/** What the page can't even load would otherwise be silence. */
const tellOfErrors = `addEventListener('error', ({ message, filename, lineno }) => {
  if (!window.hasBegun) fetch('/tell', { method: 'POST', body: JSON.stringify({ kind: 'broken', error: message + ' at ' + filename + ':' + lineno }) })
}, true)`

async function moduleAt(pathname, outdir) {
  const [, folder, name] = /^\/(modules|packages|node)\/(.*)$/.exec(path.posix.normalize(pathname)) ?? []
  if (folder === undefined) return undefined
  if (folder === 'node') return standIn(name.replace(/\.js$/, ''))
  const file = path.join(folder === 'modules' ? outdir : path.join(root, folder), name)
  if (!existsSync(file)) return undefined
  const source = readFileSync(file, 'utf8')
  return file.endsWith('.ts') ? transpile(source, file, {}).code : source
}

/**
 * A module of Node for a page. What is called of it throws, and not before: a file may have one test that needs it beside many that do
 * not.
 */
async function standIn(name) {
  if (name === 'process') return 'export default process; export const { env, versions, platform } = process'
  if (!builtinModules.includes(name)) return undefined
  const names = Object.keys(await import(`node:${name}`)).filter((key) => key !== 'default')
  const missing = (key) => `() => { throw new Error('A page has no ${name}.${key}') }`
  return [
    ...names.map((key, index) => `const member${index} = ${known[name]?.[key] ?? missing(key)}`),
    `export { ${names.map((key, index) => `member${index} as ${JSON.stringify(key)}`).join(', ')} }`,
    `export default { ${names.map((key, index) => `${JSON.stringify(key)}: member${index}`).join(', ')} }`,
  ].join('\n')
}

/** As much of Node's as our tests use. It goes to the page as text. */
class EventEmitter {
  listeners = new Map()
  on(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener])
    return this
  }
  off(name, listener) {
    const others = this.listeners.get(name)?.filter((other) => other !== listener) ?? []
    this.listeners.set(name, others)
    return this
  }
  emit(name, ...args) {
    const listeners = this.listeners.get(name) ?? []
    for (const listener of listeners) listener.apply(this, args)
    return listeners.length > 0
  }
  listenerCount(name) {
    return this.listeners.get(name)?.length ?? 0
  }
}

/** What a page can do as well, in its own way. */
const known = {
  fs: { readFile: '(name, done) => void fetch(name).then(() => done(null), done)' },
  events: {
    EventEmitter: EventEmitter.toString(),
    once: '(emitter, name) => new Promise((resolve) => emitter.on(name, (...args) => resolve(args)))',
  },
  path: { join: "(...parts) => parts.join('/')", resolve: "(...parts) => parts.join('/')" },
}

async function textOf(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
