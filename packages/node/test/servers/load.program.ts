/**
 * Clients in a process of their own: each keeps asking, and now and then goes away before it is answered, until the server is gone. Prints what
 * they have counted: those that were cut sent their request to a server that closed the connection before it had come. The first argument is the port, the second a seed.
 */
import net from 'node:net'
import process from 'node:process'

const [port, seed] = process.argv.slice(2).map(Number) as [number, number]
const CLIENTS = 50

export interface Counted {
  readonly asked: number
  readonly answered: number
  readonly refused: number
  readonly left: number
  readonly cut: number
}

const counted = { asked: 0, answered: 0, refused: 0, left: 0, cut: 0 }

/** Mulberry32. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const next = random(seed)

/** One connection, and the requests on it one after the other. Gives whether the server is still there. */
function connection(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    let isWaiting = false
    let isRefused = false
    const ask = () => {
      if (socket.destroyed) return
      text = ''
      isWaiting = true
      counted.asked++
      socket.write(`GET /${Math.floor(next() * 10)} HTTP/1.1\r\nhost: test\r\n\r\n`)
      if (next() < 0.2) setTimeout(leave, next() * 10)
    }
    const leave = () => {
      if (!isWaiting || socket.destroyed) return
      isWaiting = false
      counted.left++
      socket.resetAndDestroy()
    }
    socket.once('connect', ask)
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      const [, length] = /\r\ncontent-length: (\d+)[^]*\r\n\r\n/i.exec(text) ?? []
      if (!isWaiting || length === undefined) return
      if (text.length < text.indexOf('\r\n\r\n') + 4 + Number(length)) return
      isWaiting = false
      if (text.startsWith('HTTP/1.1 200')) counted.answered++
      else counted.refused++
      if (!/\r\nconnection: close\r\n/i.test(text)) setImmediate(ask)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => (isRefused = error.code === 'ECONNREFUSED'))
    socket.once('close', () => {
      if (isWaiting) counted.cut++
      resolve(!isRefused)
    })
  })
}

async function client(): Promise<void> {
  while (await connection());
}

await Promise.all(Array.from({ length: CLIENTS }, client))
process.stdout.write(JSON.stringify(counted))
