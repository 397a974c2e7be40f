/** Tells what is ours by where it was declared. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type ts from 'typescript'

/**
 * Tells whether something was declared in the package `coppice`: in its sources, its build, or a copy of it anywhere on disk. Names say
 * nothing: others have a `sleep` and an `Operation`, too, and ours may go by an alias.
 */
export class Brand {
  readonly #packageNames = new Map<string, string | undefined>()

  /** Whether one of the declarations of a symbol is ours. */
  has(symbol: ts.Symbol | undefined): boolean {
    return symbol?.declarations?.some((declaration) => this.declares(declaration)) ?? false
  }

  /** Whether a declaration is ours. */
  declares(declaration: ts.Node): boolean {
    return this.#packageOf(path.dirname(declaration.getSourceFile().fileName)) === 'coppice'
  }

  /** The name in the nearest package.json that has one. */
  #packageOf(directory: string): string | undefined {
    if (this.#packageNames.has(directory)) return this.#packageNames.get(directory)
    const parent = path.dirname(directory)
    const name = nameIn(directory) ?? (parent === directory ? undefined : this.#packageOf(parent))
    this.#packageNames.set(directory, name)
    return name
  }
}

function nameIn(directory: string): string | undefined {
  try {
    return JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')).name
  } catch {
    // None here, or one that is no JSON and names nothing.
    return undefined
  }
}
