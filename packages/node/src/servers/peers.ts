/** What is under way on which connection. */
import type net from 'node:net'

/** Something under way on a connection. */
export interface UnderWay {
  /** It has come to its end, or can't any more, since the connection is closed. */
  over(): void
  /** The connection is to be closed behind it, as far as that can still be said. */
  closeBehind(): void
}

/** A connection with what is under way on it: there may be several requests, one behind the other. */
interface Peer {
  readonly socket: net.Socket
  /** In the order in which they came, which is that in which they are answered. */
  readonly underWay: UnderWay[]
}

/** All connections on which something was asked. */
export class Peers {
  readonly #peers = new Map<net.Socket, Peer>()
  readonly #ended: (socket: net.Socket, isFree: boolean) => void
  /** How much is under way on all of them. */
  size = 0

  /** @param ended hears of each end, and whether the connection is open and has nothing else under way */
  constructor(ended: (socket: net.Socket, isFree: boolean) => void) {
    this.#ended = ended
  }

  add(socket: net.Socket, each: UnderWay): Peer {
    let peer = this.#peers.get(socket)
    if (peer === undefined) {
      peer = { socket, underWay: [] }
      this.#peers.set(socket, peer)
      socket.once('close', () => this.#closed(socket))
    }
    peer.underWay.push(each)
    this.size++
    return peer
  }

  /** It has come to its end, unless that was known. */
  delete({ socket, underWay }: Peer, each: UnderWay): void {
    if (underWay[0] === each) underWay.shift()
    else if (underWay.includes(each)) underWay.splice(underWay.indexOf(each), 1)
    else return
    this.size--
    each.over()
    this.#ended(socket, underWay.length === 0)
  }

  /** Closes each connection behind what is under way on it. */
  closeBehind(): void {
    for (const { socket, underWay } of this.#peers.values()) {
      if (underWay.length === 0) socket.destroySoon()
      for (const each of underWay) each.closeBehind()
    }
  }

  /** Also of requests whose turn to answer has not come: nobody else tells these. */
  #closed(socket: net.Socket): void {
    const { underWay } = this.#peers.get(socket)!
    this.#peers.delete(socket)
    const cut = underWay.splice(0)
    this.size -= cut.length
    for (const each of cut) each.over()
    this.#ended(socket, false)
  }
}
