/** Options are handed on as they came: each takes undefined for its default, also under exactOptionalPropertyTypes. */
import type {
  CancelOptions,
  Checks,
  ExhaustiveOptions,
  ExploreLinearizableOptions,
  ExploreOptions,
  GenerateOptions,
  LinearizableOptions,
  PctOptions,
  SimulateOptions,
  TimelineOptions,
} from '@coppice/testing'
import { expect, test } from 'tstyche'

/** The same options, each of which may be undefined where it may be left out. */
type WithUndefined<O> = { [K in keyof O]: object extends Pick<O, K> ? O[K] | undefined : O[K] }

test('every option takes undefined', () => {
  expect<WithUndefined<CancelOptions>>().type.toBeAssignableTo<CancelOptions>()
  expect<WithUndefined<Checks<string>>>().type.toBeAssignableTo<Checks<string>>()
  expect<WithUndefined<ExhaustiveOptions>>().type.toBeAssignableTo<ExhaustiveOptions>()
  expect<WithUndefined<ExploreLinearizableOptions>>().type.toBeAssignableTo<ExploreLinearizableOptions>()
  expect<WithUndefined<ExploreOptions<string>>>().type.toBeAssignableTo<ExploreOptions<string>>()
  expect<WithUndefined<GenerateOptions>>().type.toBeAssignableTo<GenerateOptions>()
  expect<WithUndefined<LinearizableOptions>>().type.toBeAssignableTo<LinearizableOptions>()
  expect<WithUndefined<PctOptions>>().type.toBeAssignableTo<PctOptions>()
  expect<WithUndefined<SimulateOptions>>().type.toBeAssignableTo<SimulateOptions>()
  expect<WithUndefined<TimelineOptions>>().type.toBeAssignableTo<TimelineOptions>()
})
