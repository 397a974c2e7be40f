/** The public surface of `@coppice/testing`, and nothing else. */
export { simulate, type SimulateOptions } from './simulate.ts'
export { Simulation, type SimulationResult } from './simulation.ts'
export {
  Answer,
  type Answerable,
  type Answers,
  after,
  live,
  never,
  returns,
  sequence,
  throws,
} from './answers.ts'
export { explore, type ExploreOptions } from './explore.ts'
export { replay } from './replay.ts'
export { type Failure, Report } from './report.ts'
export type { Checks } from './runner.ts'
export { Strategy } from './strategies/strategy.ts'
export { random } from './strategies/random.ts'
export { pct, type PctOptions } from './strategies/pct.ts'
export { exhaustive, type ExhaustiveOptions } from './strategies/exhaustive.ts'
export { Fault, type CancelOptions, cancelEverywhere, deadlines, throwEverywhere } from './faults.ts'
export type { Matcher } from './matcher.ts'
export type { Leak } from './leaks.ts'
export type { TimelineOptions, TimelineStep } from './timeline.ts'
export {
  CheckError,
  DeadlockError,
  FaultError,
  LeakError,
  LimitError,
  NondeterminismError,
  UnansweredEffectError,
  type Waiting,
} from './errors.ts'
export {
  matchers,
  type ErrorPattern,
  type MatcherContext,
  type MatcherResult,
  type SimulationMatchers,
} from './matchers.ts'
export { simulateToEnd } from './simulate-to-end.ts'
