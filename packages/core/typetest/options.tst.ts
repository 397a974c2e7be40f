/** Options are handed on as they came: each takes undefined for its default, also under exactOptionalPropertyTypes. */
import {
  createDeferred,
  createEvent,
  createMutex,
  createSemaphore,
  createWatch,
  type BroadcastOptions,
  type CallDescription,
  type CancelOptions,
  type ChannelOptions,
  type ChildSpec,
  type CircuitBreakerOptions,
  type ConcurrencyOptions,
  type DelaysOptions,
  type EventsOptions,
  type ExponentialOptions,
  type JitteredOptions,
  type LimiterOptions,
  type RunOptions,
  type ScopeOptions,
  type ShareOptions,
  type SpawnOptions,
  type SubscribeOptions,
  type SuperviseOptions,
} from 'coppice'
import { expect, test } from 'tstyche'

/** The same options, each of which may be undefined where it may be left out. */
type WithUndefined<O> = { [K in keyof O]: object extends Pick<O, K> ? O[K] | undefined : O[K] }

test('every option takes undefined', () => {
  expect<WithUndefined<BroadcastOptions>>().type.toBeAssignableTo<BroadcastOptions>()
  expect<WithUndefined<CallDescription>>().type.toBeAssignableTo<CallDescription>()
  expect<WithUndefined<CancelOptions>>().type.toBeAssignableTo<CancelOptions>()
  expect<WithUndefined<ChannelOptions>>().type.toBeAssignableTo<ChannelOptions>()
  expect<WithUndefined<ChildSpec>>().type.toBeAssignableTo<ChildSpec>()
  expect<WithUndefined<CircuitBreakerOptions>>().type.toBeAssignableTo<CircuitBreakerOptions>()
  expect<WithUndefined<ConcurrencyOptions>>().type.toBeAssignableTo<ConcurrencyOptions>()
  expect<WithUndefined<DelaysOptions>>().type.toBeAssignableTo<DelaysOptions>()
  expect<WithUndefined<EventsOptions<string>>>().type.toBeAssignableTo<EventsOptions<string>>()
  expect<WithUndefined<ExponentialOptions>>().type.toBeAssignableTo<ExponentialOptions>()
  expect<WithUndefined<JitteredOptions>>().type.toBeAssignableTo<JitteredOptions>()
  expect<WithUndefined<LimiterOptions>>().type.toBeAssignableTo<LimiterOptions>()
  expect<WithUndefined<RunOptions>>().type.toBeAssignableTo<RunOptions>()
  expect<WithUndefined<NonNullable<RunOptions['budget']>>>().type.toBeAssignableTo<
    NonNullable<RunOptions['budget']>
  >()
  expect<WithUndefined<ScopeOptions>>().type.toBeAssignableTo<ScopeOptions>()
  expect<WithUndefined<ShareOptions>>().type.toBeAssignableTo<ShareOptions>()
  expect<WithUndefined<SpawnOptions>>().type.toBeAssignableTo<SpawnOptions>()
  expect<WithUndefined<SubscribeOptions>>().type.toBeAssignableTo<SubscribeOptions>()
  expect<WithUndefined<SuperviseOptions>>().type.toBeAssignableTo<SuperviseOptions>()
})

test('so do names that stand alone', () => {
  const name = undefined as string | undefined
  expect(createSemaphore).type.toBeCallableWith(1, { name })
  expect(createMutex).type.toBeCallableWith({ name })
  expect(createEvent).type.toBeCallableWith({ name })
  expect(createDeferred).type.toBeCallableWith({ name })
  expect(createWatch).type.toBeCallableWith(1, { name })
})
