// What our tests find under `describe`, `test`, `expect` and `jest` in a page: the part of Jest that they use, with its own matchers and
// mocks. Each file is collected first and run then, its tests one after the other, in the order in which they stand.

import { expect } from 'expect'
import { ModuleMocker } from 'jest-mock'

const PATIENCE_MS = 120_000

const makeBlock = (name, outer) => ({
  name,
  outer,
  children: [],
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
})
let block

const describe = (name, define) => {
  const inner = makeBlock(name, block)
  block.children.push(inner)
  block = inner
  define()
  block = inner.outer
}
const test = (name, body) => void block.children.push({ name, body })
describe.each = each(describe)
test.each = each(test)
test.skip = () => {}

const mocker = new ModuleMocker(globalThis)
const jest = {
  fn: (body) => mocker.fn(body),
  spyOn: (object, key) => mocker.spyOn(object, key),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  setTimeout: () => {},
}

const hook = (kind) => (body) => void block[kind].push(body)
Object.assign(globalThis, {
  describe,
  test,
  it: test,
  expect,
  jest,
  beforeAll: hook('beforeAll'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
  afterAll: hook('afterAll'),
})

/**
 * Collects and runs what `load` declares, without the tests that are `elsewhere`. Says which test begins, and tells of each one: `{ title, status:
 * 'passed' | 'failed' | 'elsewhere', error? }`. No two have the same title.
 */
export async function runFile(load, { isElsewhere, begins = () => {}, tell }) {
  const top = makeBlock('', undefined)
  block = top
  await load()
  nameBelow(top, new Map())
  await runBlock(top, { isElsewhere, begins, tell })
}

function nameBelow(outer, counts) {
  for (const child of outer.children) {
    child.title = outer.title === undefined ? child.name : `${outer.title} › ${child.name}`
    if (child.body === undefined) nameBelow(child, counts)
    else {
      const count = (counts.get(child.title) ?? 0) + 1
      counts.set(child.title, count)
      if (count > 1) child.title += ` (${count})`
    }
  }
}

async function runBlock(inner, { isElsewhere, begins, tell }) {
  // What prepares a block whose tests run elsewhere can't be done here either.
  const prepares = inner.children.some((child) => child.body === undefined || !isElsewhere(child.title))
  if (prepares) for (const body of inner.beforeAll) await body()
  for (const child of inner.children) {
    if (child.body === undefined) await runBlock(child, { isElsewhere, begins, tell })
    else if (isElsewhere(child.title)) await tell({ title: child.title, status: 'elsewhere' })
    else {
      begins(child.title)
      await tell(await runTest(child, inner))
    }
  }
  if (prepares) for (const body of inner.afterAll) await body()
}

async function runTest({ title, body }, owner) {
  const blocks = []
  for (let at = owner; at !== undefined; at = at.outer) blocks.unshift(at)
  try {
    for (const { beforeEach } of blocks) for (const prepare of beforeEach) await prepare()
    try {
      await inTime(body())
    } finally {
      for (const { afterEach } of blocks.reverse()) for (const tidy of afterEach) await tidy()
    }
    return { title, status: 'passed' }
  } catch (error) {
    return { title, status: 'failed', error: `${error?.message ?? error}\n${error?.stack ?? ''}` }
  }
}

function inTime(promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It has not ended after ${PATIENCE_MS} ms`)), PATIENCE_MS)
    // Where it can, a process ends that has nothing else to wait for.
    timer.unref?.()
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** `test.each(table)(title, body)`, with as much of the titles' notation as makes them differ. */
function each(declare) {
  return (rows) => (title, body) => {
    rows.forEach((row, index) => {
      const args = Array.isArray(row) ? row : [row]
      declare(titleOf(title, args, index), () => body(...args))
    })
  }
}

function titleOf(title, args, index) {
  let next = 0
  return title
    .replaceAll(/%[sdijop#%]/g, (mark) => {
      if (mark === '%%') return '%'
      if (mark === '%#') return String(index)
      return next < args.length ? print(args[next++]) : mark
    })
    .replaceAll(/\$(\w+)/g, (whole, key) => (args[0] && key in Object(args[0]) ? print(args[0][key]) : whole))
}

function print(value) {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}
