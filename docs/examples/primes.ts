/** What the guide to threads has them do. */
import { serveWorker } from '@coppice/node'
import { pause } from 'coppice'

const isPrime = (n: number): boolean => {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return n > 1
}

export const primes = serveWorker(function* primes({ from, to }: { from: number; to: number }) {
  const found: number[] = []
  for (let n = from; n < to; n++) {
    if (isPrime(n)) found.push(n)
    // A point of cancellation now and then; without one only the end of the grace can stop the loop.
    if (n % 1000 === 0) yield* pause()
  }
  return found
})
