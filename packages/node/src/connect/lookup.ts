/** The host's resolver as an operation. */
import dns from 'node:dns/promises'
import { type Operation, call } from 'coppice'
import type { Family } from './target.ts'

/** Asks the host's resolver, as `getaddrinfo` does: hosts files included. A lookup that is cancelled is not waited for. */
export function lookup(host: string, family: Family): Operation<string[]> {
  return call({ name: 'lookup', args: [host, family] }, lookupAll)
}

async function lookupAll(host: string, family: Family): Promise<string[]> {
  const found = await dns.lookup(host, { family, all: true })
  return found.map(({ address }) => address)
}
