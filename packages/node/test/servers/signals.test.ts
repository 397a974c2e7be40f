/** A service under `main`, in processes of their own that are sent signals. Real time: a slow test. */
import { type Running, start } from '../program.ts'
import { Client } from './clients.ts'

jest.setTimeout(60_000)

async function service(name: string): Promise<Running & { port: number }> {
  const running = start('servers/service.program.ts', name)
  let output = ''
  running.child.stdout!.on('data', (text: string) => (output += text))
  await running.printed('.')
  return { ...running, port: Number(/listens at (\d+)\./.exec(output)![1]) }
}

/** Clients of all kinds: one that waits for a slow answer, one that keeps its connection, one that has said nothing, one that was upgraded. */
async function clientsOf({ port, printed }: Running & { port: number }, path: string) {
  const idle = new Client(port).ask('/idle')
  await idle.received('answered /idle')
  const fresh = new Client(port)
  const upgraded = new Client(port).ask('/', { connection: 'upgrade', upgrade: 'x' })
  await upgraded.received('101')
  const asking = new Client(port).ask(path)
  await printed(`begins ${path}`)
  return { idle, fresh, upgraded, asking }
}

async function closed(clients: Record<string, Client>): Promise<void> {
  for (const client of Object.values(clients)) await client.closed
}

test.each(['has a short grace', 'has a short grace from main'])(
  'a service that %s cancels at SIGTERM what has not ended by then, leaves nothing, and exits with 143',
  async (name) => {
    const running = await service(name)
    const clients = await clientsOf(running, '/hangs')
    running.child.kill('SIGTERM')
    const { code, signal, output, errors } = await running.ended
    await closed(clients)
    expect({ code, signal, errors }).toEqual({ code: 143, signal: null, errors: '' })
    expect(output).toMatch(/ends \/hangs\nleft: \.\n$/)
    expect(clients.asking.text).toMatch(/^HTTP\/1\.1 503 Service Unavailable/)
  }
)

test('a service that has its grace from main answers what is under way, leaves nothing, and exits with 143 at once', async () => {
  const running = await service('has its grace from main')
  const { upgraded, ...clients } = await clientsOf(running, '/slow')
  upgraded.reset()
  const begun = Date.now()
  running.child.kill('SIGTERM')
  const { code, output, errors } = await running.ended
  await closed(clients)
  // Of the grace it needs no more than the answer takes.
  expect(Date.now() - begun).toBeLessThan(20_000)
  expect({ code, errors }).toEqual({ code: 143, errors: '' })
  expect(output).toMatch(/ends \/slow\nleft: \.\n$/)
  expect(clients.asking.text).toMatch(/^HTTP\/1\.1 200 OK[^]*answered \/slow/)
})

test('a service that has a grace answers what is under way at SIGINT, leaves nothing, and exits with 130', async () => {
  const running = await service('has a grace')
  const { upgraded, ...clients } = await clientsOf(running, '/slow')
  upgraded.reset()
  running.child.kill('SIGINT')
  const { code, output, errors } = await running.ended
  await closed(clients)
  expect({ code, errors }).toEqual({ code: 130, errors: '' })
  expect(output).toMatch(/ends \/slow\nleft: \.\n$/)
  expect(clients.asking.text).toMatch(/^HTTP\/1\.1 200 OK[^]*answered \/slow/)
})

test('a second signal skips the grace that main has announced', async () => {
  const running = await service('has its grace from main')
  const clients = await clientsOf(running, '/hangs')
  running.child.kill('SIGTERM')
  await clients.idle.closed
  running.child.kill('SIGTERM')
  const { code, output } = await running.ended
  await closed(clients)
  expect(code).toBe(143)
  expect(output).toMatch(/ends \/hangs\nleft: \.\n$/)
})
