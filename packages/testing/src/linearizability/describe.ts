/**
 * Values as text: for people, and to compare and look up states and results by. Two values have the same text only if they are alike, down
 * to the last part; what cannot be taken apart (functions, symbols, objects of classes) is told apart by identity.
 */
export class Describer {
  readonly #identities = new Map<unknown, number>()

  /** The objects that are being described, from the outermost one on. */
  readonly #around: object[] = []

  describe(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value)
      case 'number':
        return Object.is(value, -0) ? '-0' : String(value)
      case 'bigint':
        return `${value}n`
      case 'function':
      case 'symbol':
        return this.#identity(value)
      case 'object':
        return value === null ? 'null' : this.#describeObject(value)
      default:
        return String(value)
    }
  }

  #describeObject(value: object): string {
    if (this.#around.includes(value)) return this.#identity(value)
    this.#around.push(value)
    const described = this.#describeParts(value)
    this.#around.pop()
    return described
  }

  #describeParts(value: object): string {
    if (Array.isArray(value)) return `[${this.#list(value)}]`
    if (value instanceof Error) return `${this.#identity(value)} ${JSON.stringify(value.message)}`
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Map.prototype) return `Map{${this.#list(value as Map<unknown, unknown>)}}`
    if (prototype === Set.prototype) return `Set{${this.#list(value as Set<unknown>)}}`
    if (prototype === Date.prototype) return `Date(${Number(value)})`
    // Modules may come from a context of their own, with an Object of its own, as under Jest.
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
    if (!isPlain || Object.getOwnPropertySymbols(value).length > 0) return this.#identity(value)
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([key, each]) => `${keyText(key)}: ${this.describe(each)}`).join(', ')}}`
  }

  #list(values: Iterable<unknown>): string {
    let list = ''
    for (const each of values) list += `${list === '' ? '' : ', '}${this.describe(each)}`
    return list
  }

  /** What it is called, and a number. */
  #identity(value: object | symbol): string {
    let number = this.#identities.get(value)
    if (number === undefined) this.#identities.set(value, (number = this.#identities.size + 1))
    if (typeof value === 'symbol') return `${String(value)}#${number}`
    const name =
      typeof value === 'function' ? value.name || 'anonymous' : (value.constructor?.name ?? 'Object')
    return `${name}#${number}`
  }
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)
}
