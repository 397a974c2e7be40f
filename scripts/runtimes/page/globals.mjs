// What test files, and Jest's own modules, use of Node's globals.

globalThis.process = {
  env: {},
  version: 'v20.0.0',
  versions: {},
  platform: 'page',
  argv: [],
  stdout: {},
  cwd: () => '/',
}

/** After what the host has ready: a message, which no browser delays as it does timers. */
globalThis.setImmediate = (callback, ...args) => {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    callback(...args)
  }
  port2.postMessage(null)
}

// For a test that reads something, whatever it is.
globalThis.__dirname = ''
globalThis.__filename = '/'
