/** How a job is done by a thread, and how both are ended: politely, as long as the grace lasts, and then for certain. */
import type { TransferListItem } from 'node:worker_threads'
import { cancelRequested, moveOnAfter, now, operation, select, shield } from 'coppice'
import { type Job, type Thread, UNBEGUN, valueOf } from './thread.ts'

/**
 * Has a thread do a job, and gives what comes of it; `UNBEGUN` if nothing did, and another thread may do it. When it has ended, the thread
 * has nothing more to do, or has ended.
 */
export const perform = operation(
  'job',
  function* (thread: Thread, input: unknown, transferList: readonly TransferListItem[], grace: number) {
    const job = thread.begin(input, transferList)
    // Nothing waits between the two lines, so no cancellation comes between the job and its cleanup.
    try {
      yield* outcomeOf(job, thread)
    } finally {
      if (job.outcome === null) yield* shield(cancelJob(thread, job, grace))
      // E3: also what fails in the cleanup, or has failed just before it.
      if (job.outcome!.status === 'failed') valueOf(job.outcome!, thread.name)
    }
    return job.outcome === UNBEGUN ? UNBEGUN : valueOf(job.outcome!, thread.name)
  }
)

/** Waits for the end of a job, and passes on to its thread that it is to finish (C9). */
const outcomeOf = operation('outcomeOf', function* (job: Job, thread: Thread) {
  const first = yield* select({ ended: job.ended, told: cancelRequested() })
  if (first.key === 'ended') return
  // Instants are those of one thread. A tree that is busy may hear of it when the grace has passed.
  thread.announce(first.value.reason, Math.max(0, first.value.deadline - (yield* now())))
  yield* job.ended
})

/** Cancels a job, and ends its thread if that does not help. */
const cancelJob = operation('cancelJob', function* (thread: Thread, job: Job, grace: number) {
  thread.cancel()
  yield* moveOnAfter(grace, job.ended)
  if (job.outcome === null) yield* terminate(thread, 'its grace has passed')
})

/** In milliseconds. */
const A_MOMENT = 200

/** Lets a thread end, and before that the job that it may have for somebody. Who calls this terminates it afterwards. */
export const endThread = operation('endThread', function* (thread: Thread, grace: number, reason: string) {
  const { job } = thread
  if (job !== null) {
    thread.cancel(reason)
    yield* moveOnAfter(grace, job.ended)
  }
  if (thread.job === null && thread.isUsable) {
    thread.leave(reason)
    // Nothing of a program runs in it any more.
    yield* moveOnAfter(Math.min(grace, A_MOMENT), thread.exited.wait())
  }
})

/** Ends a thread whatever it does, unless it has ended. */
export const terminate = operation('terminate', function* (thread: Thread, reason: string) {
  if (thread.exited.isSet) return
  thread.terminate(reason)
  yield* thread.exited.wait()
})
