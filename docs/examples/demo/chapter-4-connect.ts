import type net from 'node:net'
import { action, attempt, ensure, operation, scope, self, spawn, type Operation } from 'coppice'
import { connect, dialTcp, nameOf, type Address } from '../happy-eyeballs.ts'
import { Attempts } from './attempts.ts'
import { closedPort, greeter, hasIPv6, silentListener } from './listeners.ts'
import { cyan, dim, green, mark, red, type Stage } from './stage.ts'

export interface Options {
  /** Does as if this machine had no IPv6. */
  ipv4: boolean
  /** No server ever says hello. */
  hang: boolean
}

interface Host {
  readonly address: Address
  readonly about: string
}

const ipv4 = '127.0.0.1'

export const theFirstWins = operation('a race', function* (stage: Stage, options: Options) {
  stage.chapter(4, 'Happy Eyeballs: the first connection wins')
  const isDual = !options.ipv4 && (yield* hasIPv6())
  const preferred = isDual ? '::1' : ipv4
  yield* scope(function* () {
    const hosts = yield* openListeners(stage, preferred, options)
    stage.line('   A name with five addresses. Each is dialled 250 ms after the one before,')
    stage.line('   or as soon as that has failed. Connected means: the server said hello.')
    if (!isDual) stage.line('   There is no IPv6 loopback here, so all of them are IPv4.')
    stage.line()
    for (const [index, { address, about }] of hosts.entries()) {
      stage.line(`   ${cyan(String(index + 1))}  ${nameOf(address).padEnd(16)}  ${about}`)
    }
    stage.line()
    stage.restartClock()
    const addresses = hosts.map(({ address }) => address)
    const client = yield* spawn(useFirst(stage, addresses), { name: 'client' })
    yield* client
  })
  yield* allFail(stage, preferred)
})

const openListeners = operation(
  'openListeners',
  function* (stage: Stage, preferred: string, options: Options) {
    const open = operation('open', function* <A extends Address>(name: string, listener: Operation<A>) {
      // Registered before the listener is opened, it runs after that is closed.
      yield* ensure(stage.enter(`the ${name} listener is closed`))
      return yield* listener
    })
    const greeting = operation('greeting', function* (name: string, host: string, ms: number) {
      const address = yield* open(
        name,
        greeter(host, `hello, I am the ${name} one`, options.hang ? Infinity : ms)
      )
      return {
        address,
        about: options.hang ? 'hangs: never says a word' : `${name}: says hello after ${ms} ms`,
      }
    })
    const silent = yield* open('hanging', silentListener(ipv4))
    const slow = yield* greeting('slow', preferred, 600)
    const good = yield* greeting('good', ipv4, 50)
    const spare = yield* greeting('spare', preferred, 50)
    const refused = yield* closedPort(preferred)
    return [
      { address: refused, about: 'refuses: nobody listens there' },
      {
        address: silent,
        about: `hangs: ${silent.queueIsFull ? 'its queue is full, SYNs are dropped' : 'never says a word'}`,
      },
      slow,
      good,
      spare,
    ] satisfies Host[]
  }
)

const useFirst = operation('useFirst', function* (stage: Stage, addresses: readonly Address[]) {
  const client = yield* self()
  const attempts = new Attempts(addresses, {
    began({ number, name }) {
      stage.say(`${cyan(String(number))} is dialled: ${name}`)
      stage.drawSoon(client)
    },
    ended({ number, ending, error }) {
      if (ending === 'won') {
        stage.say(mark(`✔ ${cyan(String(number))} has won; the others are cancelled`))
        stage.drawSoon(client)
      } else if (ending === 'failed') stage.say(mark(`✘ ${cyan(String(number))} has failed: ${error?.code}`))
      else stage.say(mark(`○ ${cyan(String(number))} is cancelled, and its socket closed`))
    },
  })
  stage.audience = attempts
  const { hello } = yield* connect(addresses, (address) => {
    attempts.begin(address)
    return dialGreeted(address)
  })
  stage.say(`connect returns; the server says: ${green(hello)}`)
  stage.draw(client)
  for (const line of attempts.chart()) stage.line(line)
  stage.line()
})

/** A connection counts only when the server has said hello. */
const dialGreeted = operation('dialGreeted', function* (address: Address) {
  const socket = yield* dialTcp(address)
  return { socket, hello: yield* firstLine(socket) }
})

const firstLine = (socket: net.Socket) =>
  action<string>(function hello(resume, fail) {
    socket.once('data', (data) => resume(String(data).trim()))
    socket.once('close', () => fail(new Error('The server closed the connection without a word.')))
  })

const allFail = operation('allFail', function* (stage: Stage, preferred: string) {
  const addresses: Address[] = []
  for (const host of [preferred, ipv4, preferred]) addresses.push(yield* closedPort(host))
  stage.line()
  stage.line('   And if every address fails, one error tells about all of them:')
  stage.line()
  const outcome = yield* attempt(connect(addresses, dialTcp))
  if (outcome.status !== 'failed') return
  const { name, message, errors } = outcome.error as AggregateError
  stage.line(`   ${red(name)}: ${message}`)
  for (const error of errors as Error[]) stage.line(`     ${mark('✘')} ${dim(error.message)}`)
})
