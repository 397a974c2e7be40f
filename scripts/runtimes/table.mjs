// What the tests run on, and where each runtime comes from. Versions are exact: a new one is a change of this file.

import process from 'node:process'

const { platform, arch } = process

/** The sources of the tests that need nothing but a host of JavaScript. */
const portable = ['packages/core/test', 'packages/testing/test']

/** Left out when it has to be quick: they take most of the time, and search where the others hold a law. */
export const slow = [
  'test/growth/',
  'random-',
  'reduced',
  'vitest.test',
  'eslint-plugin',
  'main/main.test',
  'docs/',
]

/**
 * A `binary` is a package of npm with the program in it, which is installed when it is needed; a `browser` is one of the host's. `only` says
 * which of our tests run there, and `elsewhere` why others do not. Those `inGate` run, without the slow tests, in `npm test`.
 */
export const runtimes = [
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0', { inGate: true }),
  {
    name: 'bun',
    version: '1.4.5',
    binary: { package: 'bun', file: 'bin/bun.exe', isDependency: true },
    args: ['--bun'],
    inGate: true,
  },
  {
    name: 'deno',
    version: '2.9.6',
    binary: { package: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`, file: 'deno' },
    args: ['run', '--allow-all'],
    only: [...portable, 'packages/eslint-plugin', 'docs/docs.test'],
    elsewhere:
      '@coppice/node and the demo, which are for Node: Deno ends on signals, and closes TLS, in its own way',
    inGate: true,
  },
  browser('chromium', ['chromium', 'chromium-browser', 'google-chrome'], { inGate: true }),
  browser('firefox', ['firefox-esr', 'firefox']),
]

function node(version, more) {
  const name = `node${version.split('.')[0]}`
  const os = platform === 'win32' ? 'win' : platform
  const file = platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  return {
    name,
    version,
    binary: { package: `node-${os}-${arch}`, file },
    args: [],
    ...more,
  }
}

function browser(name, programs, more) {
  return {
    name,
    browser: programs,
    elsewhere: 'what is for Node, and what scripts/runtimes/page/elsewhere.mjs lists with the reason',
    ...more,
  }
}
