/** The IP version of an address. */
export type Family = 4 | 6

/** One address of a host, as it is dialled. */
export interface Target {
  /** The name that was asked for: what a certificate is checked against. */
  readonly host: string
  /** The port that was asked for. */
  readonly port: number
  /** The IP address to dial. */
  readonly address: string
  /** 4 or 6: that of the address. */
  readonly family: Family
}

/** Whatever a dial opens: a socket, or something that holds one. */
export interface Closable {
  /** Closes it at once. */
  destroy(): void
}

/** A host and its port in one word, for names and messages; an IPv6 address stands in brackets. */
export function printedAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
