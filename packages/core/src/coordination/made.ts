import { machine } from '../effect.ts'
import type { Leftover, Primitive } from '../interpreters/interpreter.ts'

/** Shows a primitive to whoever interprets the task that makes it. Most interpreters do not look. */
export function made<P extends Primitive>(primitive: P): P {
  const { task, interpreter } = machine
  const looks = task === null ? interpreter : task.tree.interpreter
  looks?.primitiveMade?.(primitive, task)
  return primitive
}

/** So many of what a primitive has, in words. */
export function counted(kind: Leftover['kind'], count: number, one: string, name: string): Leftover | null {
  return count > 0 ? { kind, what: `${count} ${one}${count === 1 ? '' : 's'} of ${name}` } : null
}
