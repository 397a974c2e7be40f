/** Bugs of message passing: nobody is there to receive, or nobody to send. */
import {
  type Channel,
  type TaskEvent,
  all,
  createChannel,
  createEvent,
  createMutex,
  pause,
  select,
} from 'coppice'
import type { Mutex } from 'coppice'
import { type KnownBug, after, breaksLaw, deadlocks } from './known-bug.ts'

function* answer(replies: Channel<number>) {
  yield* pause()
  yield* replies.send(1)
}

function* receiveOrLeave(replies: Channel<number>, late: TaskEvent) {
  yield* select({ reply: replies.receive(), late: late.wait() })
}

function* ring(late: TaskEvent) {
  yield* pause()
  late.set()
}

function* request(replies: Channel<number>) {
  const late = createEvent()
  yield* all([answer(replies), ring(late), receiveOrLeave(replies, late)])
  return true
}

const abandonedReply = deadlocks('channel', {
  name: 'reply sent after the client gave up',
  source: 'GoBench, kubernetes#5316',
  broken: () => request(createChannel()),
  mended: () => request(createChannel({ capacity: 1 })),
})

function* serve(questions: Channel<number>, stop: TaskEvent) {
  yield* select({ question: questions.receive(), stop: stop.wait() })
}

function* ask(questions: Channel<number>) {
  yield* pause()
  yield* questions.send(1)
}

function* askUnlessStopped(questions: Channel<number>, stop: TaskEvent) {
  yield* pause()
  yield* select({ sent: questions.send(1), stop: stop.wait() })
}

const stoppedNode = deadlocks('channel', {
  name: 'question to a node that has stopped',
  source: 'GoBench, etcd#6857',
  *broken() {
    const questions = createChannel<number>()
    const stop = createEvent()
    yield* all([serve(questions, stop), after(2, ring(stop)), ask(questions)])
    return true
  },
  *mended() {
    const questions = createChannel<number>()
    const stop = createEvent()
    yield* all([serve(questions, stop), after(2, ring(stop)), askUnlessStopped(questions, stop)])
    return true
  },
})

function* reportUnder(lock: Mutex, statuses: Channel<number>) {
  yield* pause()
  yield* lock.acquire()
  try {
    yield* statuses.send(1)
  } finally {
    lock.release()
  }
}

function* report(lock: Mutex, statuses: Channel<number>) {
  yield* pause()
  yield* lock.acquire()
  lock.release()
  yield* statuses.send(1)
}

function* synchronize(lock: Mutex, statuses: Channel<number>) {
  yield* lock.acquire()
  yield* pause()
  lock.release()
  yield* pause()
  yield* lock.acquire()
  lock.release()
  yield* statuses.receive()
}

const sendUnderLock = deadlocks('channel', {
  name: 'send under the lock that the receiver needs',
  source: 'GoBench, kubernetes#10182',
  *broken() {
    const lock = createMutex()
    const statuses = createChannel<number>()
    yield* all([synchronize(lock, statuses), after(3, reportUnder(lock, statuses))])
    return true
  },
  *mended() {
    const lock = createMutex()
    const statuses = createChannel<number>()
    yield* all([synchronize(lock, statuses), after(3, report(lock, statuses))])
    return true
  },
})

interface Sent {
  accepted: number
}

function* produceUnlessClosed(channel: Channel<number>, sent: Sent) {
  yield* pause()
  if (channel.isClosed) return
  yield* pause()
  if (channel.trySend(1)) sent.accepted++
  else sent.accepted = -1
}

function* produceAtOnce(channel: Channel<number>, sent: Sent) {
  yield* pause()
  if (!channel.isClosed && channel.trySend(1)) sent.accepted++
}

function* close(channel: Channel<number>) {
  yield* pause()
  channel.close()
}

const sendAfterClose = breaksLaw('channel', {
  name: 'send into a channel closed since it was looked at',
  source: 'sensu/sensu-go#970',
  *broken() {
    const channel = createChannel<number>({ capacity: 1 })
    const sent = { accepted: 0 }
    yield* all([produceUnlessClosed(channel, sent), after(3, close(channel))])
    return sent.accepted >= 0
  },
  *mended() {
    const channel = createChannel<number>({ capacity: 1 })
    const sent = { accepted: 0 }
    yield* all([produceAtOnce(channel, sent), after(3, close(channel))])
    return sent.accepted >= 0
  },
})

export const channels: readonly KnownBug[] = [abandonedReply, stoppedNode, sendUnderLock, sendAfterClose]
