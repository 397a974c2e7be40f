/**
 * What is measured: every workload once, with its size and the answer that it must give.
 *
 * A contender implements a workload as an async function of its size (`contenders/*.mjs`). The sizes and the right
 * answers stand here and nowhere else, so no two contenders can do different amounts of work.
 *
 * - `group`     the table that it stands in
 * - `kind`      what is measured: time (the default), `heap`, `import` or `size`; `simulation` is time in a process of its own
 * - `size`      what the function is called with
 * - `units`     how many units one call does: results are given per unit
 * - `expected`  the value that the function must return, checked on every call
 * - `growth`    further sizes, and who is measured at them: the cost of a unit must not grow with the size
 * - `goal`      for Coppice. `promises` and `peer`: at most this multiple of bare promises, of the best other library;
 *               `most`: at most this much, in the workload's own unit: nanoseconds or bytes
 */

/** How deep `recursion` goes down before it suspends, and how often it suspends there. */
export const RECURSION_DEPTH = 100
export const RECURSION_SUSPENSIONS = 100
/** How often `resume-at-depth` suspends: often enough that the way down does not count. */
export const RESUMES_AT_DEPTH = 10_000
/** A sleep that never ends while it is watched, in milliseconds. */
export const HOUR = 3_600_000
/** How many items of `stream-concurrency` are worked on at once. */
export const CONCURRENCY = 16

/** How much room there is between the producer and the consumer of `channel-throughput`. */
export const CHANNEL_CAPACITY = 128
/** How many permits the tasks of `semaphore` contend for, and how often each takes one. */
export const PERMITS = 8
export const TURNS = 10

const size = (n) => n
const sumBelow = (n) => (n * (n - 1)) / 2
/** Of what the five operators let through: 1, 2, 3, …, one for each even number below n - 1. */
const sumOfCounts = (n) => sumBelow(Math.ceil((n - 1) / 2) + 1)

/** `@coppice/testing`: nobody to compare it with, so each has a goal of its own. They return how many runs, or ticks, there were. */
const simulations = [
  ['simulate-random', 'explore 50,000 random schedules of 5 tasks with 10 steps each', 50_000, 1_000],
  ['simulate-pct', '50,000 schedules of the same by `pct`', 50_000, 2_000],
  ['simulate-all-small', 'all 1,680 schedules of 3 tasks with 3 steps each', 1_680, 100],
  ['simulate-all', 'all 34,650 schedules of 3 tasks with 4 steps each', 34_650, 2_000],
  ['simulate-reduced', 'the one schedule of these that matters, by the reduced search', 1, 50],
  ['simulate-hour', 'an hour of virtual time with a tick each second', 3_600, 50],
].map(([name, what, times, mostMs]) => ({
  name,
  group: 'simulation',
  what,
  kind: 'simulation',
  size: times,
  units: () => 1,
  expected: size,
  goal: { most: mostMs * 1e6 },
}))

export const workloads = [
  {
    name: 'spawn-join-bulk',
    group: 'tasks',
    what: 'spawn 10,000 children that return their argument, then join them all; per child',
    size: 10_000,
    units: size,
    expected: sumBelow,
    goal: { promises: 2.5, peer: 1 / 3 },
    growth: { sizes: [1_000, 10_000, 100_000, 1_000_000], contenders: ['promises', 'coppice'] },
  },
  {
    name: 'spawn-join-each',
    group: 'tasks',
    what: 'spawn one child and join it, 10,000 times in a row; per child',
    size: 10_000,
    units: size,
    expected: sumBelow,
    goal: { promises: 4, peer: 1 / 3 },
  },
  {
    name: 'spawn-suspend',
    group: 'tasks',
    what: 'as spawn-join-bulk, but each child suspends once; per child',
    size: 10_000,
    units: size,
    expected: sumBelow,
  },
  {
    name: 'all-bulk',
    group: 'tasks',
    what: 'the combinator for it: `all` (`Promise.all`, …) of 10,000 such children; per child',
    size: 10_000,
    units: size,
    expected: sumBelow,
  },
  {
    name: 'fan-out',
    group: 'tasks',
    what: '1,000 children that suspend once, all at once by the combinator for it; per child',
    size: 1_000,
    units: size,
    expected: sumBelow,
  },
  {
    name: 'step',
    group: 'tasks',
    what: 'one task performs 100,000 effects that are answered at once (`await 1`); per effect',
    size: 100_000,
    units: size,
    expected: size,
    goal: { promises: 1 / 3 },
  },
  {
    name: 'recursion',
    group: 'tasks',
    what: 'call down to depth 100 and suspend 100 times there, 100 times over; per suspension',
    size: 100,
    units: (descents) => descents * RECURSION_SUSPENSIONS,
    expected: (descents) => descents * RECURSION_SUSPENSIONS,
    goal: { promises: 1 },
  },
  {
    name: 'resume-at-depth',
    group: 'tasks',
    what: 'call down to depth 100 once and suspend 10,000 times there; per suspension',
    size: 100,
    units: () => RESUMES_AT_DEPTH,
    expected: () => RESUMES_AT_DEPTH,
    growth: { sizes: [1, 10, 100, 1_000], contenders: ['promises', 'effection', 'coppice'] },
  },
  {
    name: 'cancel-100k',
    group: 'cancellation',
    what: 'cancel a task that owns 100,000 children, each suspended in a `try/finally`; the cancelling alone, per child',
    size: 100_000,
    units: size,
    expected: size,
    goal: { peer: 0.1 },
    growth: { sizes: [1_000, 10_000, 100_000, 1_000_000], contenders: ['coppice'] },
  },
  {
    name: 'cancel-chain',
    group: 'cancellation',
    what: 'cancel the top of 10,000 tasks, each the only child of the one above; the cancelling alone, per task',
    size: 10_000,
    units: size,
    expected: size,
    // The peers are measured at smaller depths too: not all of them survive the full one.
    growth: {
      sizes: [100, 1_000, 10_000, 100_000],
      contenders: ['effection', 'effect', 'redux-saga', 'coppice'],
    },
  },
  {
    name: 'timers',
    group: 'waiting',
    what: '100,000 children sleep for 1 ms at the same time, all joined; per child',
    size: 100_000,
    units: size,
    expected: size,
    growth: { sizes: [1_000, 10_000, 100_000, 1_000_000], contenders: ['promises', 'coppice'] },
  },
  {
    name: 'sleep-and-cancel',
    group: 'cancellation',
    what: '100,000 children sleep for an hour, with 1,000 different deadlines, and their parent is cancelled; per child',
    size: 100_000,
    units: size,
    expected: size,
    growth: { sizes: [1_000, 10_000, 100_000, 1_000_000], contenders: ['coppice'] },
  },
  {
    name: 'select-two',
    group: 'waiting',
    what: 'select between a child that suspends once and a sleep of 1 s, 10,000 times; per select',
    size: 10_000,
    units: size,
    expected: size,
  },
  {
    name: 'timeout',
    group: 'waiting',
    what: 'a timeout of 1 s, which does not fire, around a child that suspends once, 10,000 times; per timeout',
    size: 10_000,
    units: size,
    expected: size,
  },
  {
    name: 'callback-bridge',
    group: 'waiting',
    what: 'wait for a callback that is called in a microtask, 10,000 times in a row; per callback',
    size: 10_000,
    units: size,
    expected: size,
  },
  {
    name: 'channel-ping-pong',
    group: 'channels',
    what: 'two tasks send each other one item and back, 100,000 times, over two channels; per round trip',
    size: 100_000,
    units: size,
    expected: sumBelow,
    goal: { peer: 1 / 3 },
  },
  {
    name: 'channel-throughput',
    group: 'channels',
    what: 'one task sends 1,000,000 items to another over a channel with room for 128; per item',
    size: 1_000_000,
    units: size,
    expected: sumBelow,
    goal: { peer: 1 / 3 },
    growth: { sizes: [10_000, 100_000, 1_000_000, 10_000_000], contenders: ['coppice'] },
  },
  {
    name: 'channel-backlog',
    group: 'channels',
    what: '100,000 tasks wait to receive from one channel, and get an item each; per task',
    size: 100_000,
    units: size,
    expected: sumBelow,
    growth: { sizes: [1_000, 10_000, 100_000, 1_000_000], contenders: ['coppice'] },
  },
  {
    name: 'semaphore',
    group: 'channels',
    what: '1,000 tasks take one of 8 permits 10 times each, and suspend while they have it; per turn',
    size: 1_000,
    units: (tasks) => tasks * TURNS,
    expected: (tasks) => tasks * TURNS,
  },
  {
    name: 'stream-operators',
    group: 'streams',
    what: '100,000 numbers of an iterable through five operators: drop, map, filter, scan, take; per number',
    size: 100_000,
    units: size,
    expected: sumOfCounts,
  },
  {
    name: 'stream-from-async',
    group: 'streams',
    what: 'the same, from an async iterable; per number',
    size: 100_000,
    units: size,
    expected: sumOfCounts,
  },
  {
    name: 'stream-concurrency',
    group: 'streams',
    what: '100,000 numbers, an operation that suspends once for each, 16 at once; per number',
    size: 100_000,
    units: size,
    expected: sumBelow,
  },
  {
    name: 'heap-per-suspended',
    group: 'memory',
    what: 'memory held by 100,000 children that are suspended for ever; per child',
    kind: 'heap',
    size: 100_000,
    units: size,
    expected: size,
  },
  {
    name: 'heap-per-sleeping',
    group: 'memory',
    what: 'memory held by 100,000 children that sleep for an hour; per child',
    kind: 'heap',
    size: 100_000,
    units: size,
    expected: size,
    goal: { most: 420 },
  },
  {
    name: 'import-time',
    group: 'size',
    what: 'import the library in a process that has just started, as Node resolves it; median of 5 processes',
    kind: 'import',
    goal: { most: 15 * 1e6 },
  },
  {
    name: 'size-minimal',
    group: 'size',
    what: 'what `import { … }` of the names that run, start, cancel, race, sleep and group puts into a bundle, minified and gzipped',
    kind: 'size',
    goal: { most: 4_000 },
  },
  {
    name: 'size-namespace',
    group: 'size',
    what: 'the same names by `import * as library`',
    kind: 'size',
  },
  {
    name: 'size-require',
    group: 'size',
    what: 'the same names by `require`',
    kind: 'size',
  },
  {
    name: 'size-full',
    group: 'size',
    what: 'everything that the library exports, by `export *`',
    kind: 'size',
    goal: { most: 12_000 },
  },
  ...simulations,
]

/** What a group of workloads is about, in the order of the tables. */
export const groups = {
  tasks: 'Tasks',
  cancellation: 'Cancellation',
  waiting: 'Waiting',
  channels: 'Channels and semaphores',
  streams: 'Streams',
  memory: 'Memory',
  size: 'Size and import',
  simulation: 'Simulation',
}

/** Whether a workload is given in bytes, and not in nanoseconds. */
export const isInBytes = ({ kind }) => kind === 'heap' || kind === 'size'

/** The ids of all measurements of one contender: `step` at its own size, `step@1000` at another. */
export function measurementsOf(contender) {
  return workloads.flatMap(({ name, growth }) => [
    name,
    ...(growth?.contenders.includes(contender) ? growth.sizes.map((at) => `${name}@${at}`) : []),
  ])
}

/** Takes an id apart: the workload that it names, and the size to run it at. */
export function parseMeasurement(id) {
  const [name, at] = id.split('@')
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined) {
    throw new Error(
      `There is no workload "${name}". There are: ${workloads.map(({ name }) => name).join(', ')}.`
    )
  }
  return { workload, size: at === undefined ? workload.size : Number(at) }
}
