import { type Transfer, type WorkerPool, serveWorker, transfer, worker, workerPool } from '@coppice/node'
import { type Operation, sleep } from 'coppice'
import { describe, expect, test } from 'tstyche'

const file = new URL('file:///hash.js')

const hash = serveWorker(function* (input: { text: string }) {
  yield* sleep(1)
  return input.text.length
})
const zeros = serveWorker(function* (length: number) {
  const numbers = new Float64Array(length)
  return transfer(numbers, [numbers.buffer])
})
// From TypeScript 5.7 on, it says what its buffer is.
const _numbers = new Float64Array(0)
type Zeros = typeof _numbers
type Nothing = () => Operation<void>

describe('serveWorker', () => {
  test('gives the program as an operation', () => {
    expect(hash).type.toBe<(input: { text: string }) => Operation<number>>()
    expect(hash({ text: 'a' })).type.toBe<Operation<number>>()
  })

  test('gives what was handed over as what it is', () => {
    expect(transfer(1, [])).type.toBe<Transfer<number>>()
    expect(zeros).type.toBe<(input: number) => Operation<Zeros>>()
  })

  test('takes no promise and no program of two inputs', () => {
    expect(serveWorker).type.not.toBeCallableWith(async () => 1)
    expect(serveWorker).type.not.toBeCallableWith((_one: number, _two: number) => sleep(1))
  })
})

describe('worker', () => {
  test('has the input and the value of the program that is named', () => {
    expect(worker<typeof hash>(file, { text: 'a' })).type.toBe<Operation<number>>()
    expect(worker<typeof zeros>(file, 3)).type.toBe<Operation<Zeros>>()
    expect(worker<Nothing>(file, undefined)).type.toBe<Operation<void>>()
    expect(worker<typeof hash>).type.not.toBeCallableWith(file, 'a')
    expect(worker<typeof hash>).type.not.toBeCallableWith(file)
  })

  test('knows nothing of a program that is not named', () => {
    expect(worker(file, 'anything')).type.toBe<Operation<unknown>>()
  })

  test('takes a path, and options', () => {
    expect(worker).type.toBeCallableWith('/hash.js', 1, { grace: 100, transferList: [], execArgv: [] })
    expect(worker).type.not.toBeCallableWith('/hash.js', 1, { grace: '1 s' })
  })
})

test('workerPool has the input and the value of the program that is named', () => {
  const opening = workerPool<typeof hash>(file, { size: 2, resourceLimits: { maxOldGenerationSizeMb: 64 } })
  expect(opening).type.toBe<Operation<WorkerPool<typeof hash>>>()
  const pool = undefined as unknown as WorkerPool<typeof hash>
  expect(pool.run({ text: 'a' })).type.toBe<Operation<number>>()
  expect(pool.run).type.not.toBeCallableWith('a')
  expect(workerPool(file)).type.toBe<Operation<WorkerPool>>()
  expect((undefined as unknown as WorkerPool).run(1)).type.toBe<Operation<unknown>>()
})
