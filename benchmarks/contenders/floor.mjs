/**
 * No library: the least that tasks written as generators can cost on this engine. A task is the generator that its user has made and one
 * record in its owner's list of children; it is driven by `next` from one queue, and an effect is its own iterator and result, as ours are.
 * It keeps no law: no errors, no misuse, no cleanup that waits, no scopes, no traces, no budget. What Coppice takes beyond it is for those.
 */
import { RECURSION_DEPTH, RECURSION_SUSPENSIONS, RESUMES_AT_DEPTH } from '../workloads.mjs'
import { now } from '../clock.mjs'

const box = { done: true, value: undefined }
/** The task whose step is under way. */
let running = null

function answer(value) {
  box.value = value
  return box
}

/** What `yield*` takes. One that is answered at once gives the box, one that waits or calls gives itself and so leaves the generator. */
class Effect {
  get done() {
    return false
  }

  get value() {
    return this
  }

  [Symbol.iterator]() {
    return this
  }
}

/** `yield*` on a task joins it. */
class Task extends Effect {
  constructor(body, owner) {
    super()
    this.older = owner === null ? null : owner.newest
    this.newest = null
    // The generator on top, and those below that wait for it.
    this.body = body
    this.below = null
    this.payload = undefined
    this.ended = false
    this.joiner = null
  }

  next(given) {
    if (given !== undefined) return given
    if (this.ended) return answer(this.payload)
    this.joiner = running
    return this
  }
}

class Spawn extends Effect {
  constructor(body) {
    super()
    this.body = body
  }

  next() {
    const task = new Task(this.body, running)
    running.newest = task
    enqueue(task)
    return answer(task)
  }
}

/** A generator that the task drives itself, so that resuming it costs the same at any depth. */
class Call extends Effect {
  constructor(fn, depth, suspensions) {
    super()
    this.fn = fn
    this.depth = depth
    this.suspensions = suspensions
  }

  next(given) {
    if (given !== undefined) return given
    running.below ??= []
    running.below.push(running.body)
    running.body = this.fn(this.depth, this.suspensions)
    return this
  }
}

class Self extends Effect {
  next() {
    return answer(running)
  }
}

class Pause extends Effect {
  next(given) {
    if (given !== undefined) return given
    enqueue(running)
    return this
  }
}

class Suspend extends Effect {
  next() {
    return this
  }
}

/** A channel without room, for one sender and one receiver. */
class Channel extends Effect {
  sender = null
  receiver = null
  item = undefined

  // `yield*` on a channel receives.
  next(given) {
    if (given !== undefined) return given
    const { sender } = this
    if (sender === null) {
      this.receiver = running
      return this
    }
    this.sender = null
    wake(sender, undefined)
    return answer(this.item)
  }
}

class Send extends Effect {
  constructor(channel, item) {
    super()
    this.channel = channel
    this.item = item
  }

  next(given) {
    if (given !== undefined) return given
    const { channel, item } = this
    const { receiver } = channel
    if (receiver === null) {
      channel.sender = running
      channel.item = item
      return this
    }
    channel.receiver = null
    wake(receiver, item)
    return answer(undefined)
  }
}

const queue = []
let head = 0
let tail = 0

function enqueue(task) {
  queue[tail++] = task
}

function wake(task, payload) {
  task.payload = payload
  enqueue(task)
}

function runAll() {
  while (head < tail) {
    const task = queue[head]
    queue[head++] = undefined
    step(task)
  }
  head = tail = 0
}

function step(task) {
  running = task
  let { payload } = task
  for (;;) {
    const { body, below } = task
    const result = body.next(answer(payload))
    if (!result.done) {
      if (task.body === body) return // It waits.
      payload = undefined // It called another generator.
    } else if (below === null || below.length === 0) return end(task, result.value)
    else {
      task.body = below.pop()
      payload = result.value
    }
  }
}

function end(task, value) {
  task.ended = true
  task.payload = value
  task.body = null
  if (task.joiner !== null) wake(task.joiner, value)
}

function start(body) {
  const task = new Task(body, null)
  enqueue(task)
  runAll()
  return task
}

const run = (fn) => start(fn()).payload

/** What the engine does for it natively, and the records. */
function cancel(task) {
  for (let child = task.newest; child !== null; child = child.older) {
    child.body.return(undefined)
    child.body = null
    child.ended = true
  }
  task.body.return(undefined)
}

const pause = new Pause()
const suspend = new Suspend()
const self = new Self()

function* child(i) {
  return i
}

function* suspendingChild(i) {
  yield* pause
  return i
}

function* spawnAndJoin(n, body) {
  const tasks = []
  for (let i = 0; i < n; i++) tasks.push(yield* new Spawn(body(i)))
  let sum = 0
  for (const task of tasks) sum += yield* task
  return sum
}

const descend = (depth, suspensions) => new Call(descendBody, depth, suspensions)

function* descendBody(depth, suspensions) {
  if (depth > 0) return yield* descend(depth - 1, suspensions)
  for (let i = 0; i < suspensions; i++) yield* pause
  return suspensions
}

let waiting = 0
let cleaned = 0

function* foreverChild() {
  waiting++
  try {
    yield* new Suspend()
  } finally {
    cleaned++
  }
}

function* plainForeverChild() {
  waiting++
  yield* new Suspend()
}

function* crowd(n, body) {
  for (let i = 0; i < n; i++) yield* new Spawn(body(i))
  yield* suspend
}

function* pong(there, back, n) {
  for (let i = 0; i < n; i++) yield* new Send(back, yield* there)
}

export const workloads = {
  'spawn-join-bulk': (n) => run(() => spawnAndJoin(n, child)),

  'spawn-join-each': (n) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < n; i++) sum += yield* yield* new Spawn(child(i))
      return sum
    }),

  'spawn-suspend': (n) => run(() => spawnAndJoin(n, suspendingChild)),

  step: (n) =>
    run(function* () {
      const me = yield* self
      let same = 0
      for (let i = 0; i < n; i++) if ((yield* new Self()) === me) same++
      return same
    }),

  recursion: (descents) =>
    run(function* () {
      let sum = 0
      for (let i = 0; i < descents; i++) sum += yield* descend(RECURSION_DEPTH, RECURSION_SUSPENSIONS)
      return sum
    }),

  'resume-at-depth': (depth) =>
    run(function* () {
      return yield* descend(depth, RESUMES_AT_DEPTH)
    }),

  'cancel-100k': (n) => {
    waiting = cleaned = 0
    const task = start(crowd(n, foreverChild))
    const begun = now()
    cancel(task)
    return { check: cleaned, ns: now() - begun }
  },

  'channel-ping-pong': (n) =>
    run(function* () {
      const [there, back] = [new Channel(), new Channel()]
      yield* new Spawn(pong(there, back, n))
      let sum = 0
      for (let i = 0; i < n; i++) {
        yield* new Send(there, i)
        sum += yield* back
      }
      return sum
    }),

  'heap-per-suspended': (n, allWaiting) => {
    waiting = 0
    const task = start(crowd(n, plainForeverChild))
    allWaiting()
    cancel(task)
    return waiting
  },
}
