import type net from 'node:net'

/** Something under way on a connection. */
export interface UnderWay {
  /** It has come to its end, or can't any more, since the connection is closed. */
  over(): void
  /** The connection is to be closed behind it, as far as that can still be said. */
  closeBehind(): void
}

/** What is under way on which connection. On one connection there may be several requests, one behind the other. */
export class Peers {
  readonly #peers = new Map<net.Socket, Set<UnderWay>>()
  readonly #ended: (socket: net.Socket, isFree: boolean) => void
  size = 0

  /** @param ended hears of each end, and whether the connection is open and has nothing else under way */
  constructor(ended: (socket: net.Socket, isFree: boolean) => void) {
    this.#ended = ended
  }

  add(socket: net.Socket, each: UnderWay): void {
    let all = this.#peers.get(socket)
    if (all === undefined) {
      all = new Set()
      this.#peers.set(socket, all)
      socket.once('close', () => this.#closed(socket))
    }
    all.add(each)
    this.size++
  }

  /** It has come to its end. */
  delete(socket: net.Socket, each: UnderWay): void {
    const all = this.#peers.get(socket)
    each.over()
    if (!all?.delete(each)) return
    this.size--
    this.#ended(socket, all.size === 0)
  }

  /** Closes each connection behind what is under way on it. */
  closeBehind(): void {
    for (const [socket, all] of this.#peers) {
      if (all.size === 0) socket.destroySoon()
      for (const each of all) each.closeBehind()
    }
  }

  /** Also of requests whose turn to answer has not come: nobody else tells these. */
  #closed(socket: net.Socket): void {
    const all = this.#peers.get(socket)!
    this.#peers.delete(socket)
    this.size -= all.size
    for (const each of all) each.over()
    this.#ended(socket, false)
  }
}
