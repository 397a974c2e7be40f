import { type Operation, type Semaphore, createSemaphore } from 'coppice'
import {
  History,
  type Linearization,
  type LinearizableReport,
  type SequentialModel,
  exploreLinearizable,
  linearizable,
  record,
  wouldBlock,
} from '@coppice/testing'
import { expect, test } from 'tstyche'

test('record gives what it was given', () => {
  expect(record(createSemaphore(1), new History())).type.toBe<Semaphore>()
  expect(record).type.not.toBeCallableWith(1, new History())
})

test('the state of a model is inferred, also from possibilities that wait', () => {
  const model = {
    initial: 1,
    operations: { acquire: (free: number) => (free === 0 ? wouldBlock : [{ state: free - 1 }, wouldBlock]) },
  }
  expect(linearizable(new History(), model)).type.toBe<Linearization<number>>()
  expect<SequentialModel<number>>().type.toBeAssignableFrom(model)
  expect<SequentialModel<string>>().type.not.toBeAssignableFrom(model)
})

test('what is made is an object, or an operation that gives one', () => {
  const model = { initial: 0, operations: {} }
  function* make(): Operation<{ get(): number }> {
    return { get: () => 1 }
  }
  expect(exploreLinearizable(make, model, { tasks: [[['get']]] })).type.toBe<LinearizableReport>()
  expect(
    exploreLinearizable(() => ({ get: () => 1 }), model, { tasks: [[['get']]] })
  ).type.toBe<LinearizableReport>()
  expect(exploreLinearizable).type.not.toBeCallableWith(() => 1, model, { tasks: [[['get']]] })
  expect(exploreLinearizable).type.not.toBeCallableWith(make, model, { check: () => true })
})
