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
export { linearizable, type LinearizableOptions } from './linearizability/linearizable.ts'
export { LinearizabilityError, Linearization } from './linearizability/linearization.ts'
export { type Call, History, type OpenCall } from './linearizability/history.ts'
export { record } from './linearizability/record.ts'
export {
  type Effected,
  type Possibilities,
  type SequentialModel,
  type WouldBlock,
  wouldBlock,
} from './linearizability/model.ts'
export {
  exploreLinearizable,
  type ExploreLinearizableOptions,
} from './linearizability/explore-linearizable.ts'
export type { GenerateOptions } from './linearizability/generate.ts'
export { LinearizableReport } from './linearizability/linearizable-report.ts'
export type { Make, PlannedCall, Scenario } from './linearizability/scenario.ts'
