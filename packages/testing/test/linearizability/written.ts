/** Histories written down: a line for each task, time from left to right, and brute force to judge them. */
import { type Call, History, type SequentialModel, wouldBlock } from '@coppice/testing'

/**
 * `a: [push(1)  ]` is a call from the column of `[` to that of `]`; `=value` after the name's parentheses is what it gave, `!` that it was cancelled, and
 * a call without `]` is pending. Values are JSON.
 */
export function written(text: string): History {
  const events: { at: number; act: () => void }[] = []
  const history = new History()
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, task, calls] = /^\s*(\w+):(.*)$/.exec(line)!
    const offset = line.indexOf(':')
    for (const { 0: whole, 1: name, 2: args, 3: end, index } of calls!.matchAll(
      /\[(\w+)\(([^)]*)\)((?:=[^\]\s]+)?!?)\s*\]?/g
    )) {
      let open: ReturnType<History['begin']>
      const given = args === '' ? [] : (JSON.parse(`[${args}]`) as unknown[])
      events.push({ at: offset + index, act: () => void (open = history.begin(task!, name!, given)) })
      if (!whole.endsWith(']')) continue
      const finish = () => {
        if (end!.endsWith('!')) open.cancelled()
        else if (end!.startsWith('=throws:')) open.failed(new Error(end!.slice(8)))
        else open.done(end === '' ? undefined : JSON.parse(end!.slice(1)))
      }
      events.push({ at: offset + index + whole.length - 1, act: finish })
    }
  }
  for (const { act } of events.sort((a, b) => a.at - b.at)) act()
  return history
}

export const register: SequentialModel<number> = {
  initial: 0,
  operations: {
    write: (_, value: number) => ({ state: value }),
    read: (value) => ({ value }),
  },
}

export const counter: SequentialModel<number> = {
  initial: 0,
  operations: {
    increment: (count) => ({ state: count + 1, value: count + 1 }),
    get: (count) => ({ value: count }),
  },
}

export const queue: SequentialModel<readonly number[]> = {
  initial: [],
  operations: {
    push: (items, item: number) => ({ state: [...items, item] }),
    shift: ([first, ...rest]) => (first === undefined ? wouldBlock : { state: rest, value: first }),
    tryShift: ([first, ...rest]) => (first === undefined ? { value: null } : { state: rest, value: first }),
  },
}

export const stack: SequentialModel<readonly number[]> = {
  initial: [],
  operations: {
    push: (items, item: number) => ({ state: [...items, item] }),
    pop: (items) =>
      items.length === 0 ? { value: null } : { state: items.slice(0, -1), value: items.at(-1) },
  },
}

/** Every permutation of every choice of the calls that need not have taken effect. */
export function bruteForce<S>(calls: readonly Call[], model: SequentialModel<S>): boolean {
  const isFree = ({ outcome }: Call) => outcome === undefined || outcome.status === 'cancelled'
  const goOn = (state: S, done: readonly Call[], left: readonly Call[]): boolean => {
    if (left.every(isFree)) return true
    return left.some((call, i) => {
      const isTooLate = done.some(({ from }) => call.to < from)
      const isTooEarly = left.some((other) => !isFree(other) && other.to < call.from)
      if (isTooLate || isTooEarly) return false
      const given = model.operations[call.name]!(state, ...call.args)
      return [given].flat().some((each) => {
        if ('wouldBlock' in each || 'error' in each) return false
        if (
          !isFree(call) &&
          JSON.stringify(each.value) !== JSON.stringify(call.outcome?.status === 'done' && call.outcome.value)
        )
          return false
        const after = 'state' in each ? (each.state as S) : state
        return goOn(after, [...done, call], [...left.slice(0, i), ...left.slice(i + 1)])
      })
    })
  }
  return goOn(model.initial, [], calls)
}
