// What a page can't run, and why. Everything else in the tests of the core and of the testing package runs there.

/** Whole files. */
export const filesElsewhere = [
  { file: 'packages/testing/test/vitest.test.ts', why: 'it starts Vitest' },
  { file: 'packages/testing/test/golden.test.ts', why: 'it reads a file, and starts another program' },
]

/** Tests, by the beginning of their titles; those `onNode` need no more than Node. */
export const testsElsewhere = [
  {
    file: 'packages/core/test/coordination/limiter.test.ts',
    title: 'a rate › holds nothing for the scope in which it is used',
    why: 'a page does not tell how much memory it uses',
  },
  {
    file: 'packages/core/test/coordination/permits.test.ts',
    title: 'a mutex › leaves nothing behind in its owner, however often it is acquired',
    why: 'a page does not tell how much memory it uses',
  },
  {
    file: 'packages/core/test/laws/c11-nested-cleanup.test.ts',
    title:
      'C11 asynchronous cleanup in a generator that was delegated to natively › raises no false alarm where the host gives no traces',
    why: 'it loads the library a second time, with another Error',
    onNode: true,
  },
  {
    file: 'packages/core/test/laws/c11-nested-cleanup.test.ts',
    title:
      'C11 asynchronous cleanup in a generator that was delegated to natively › is found by the first cancellation of a process',
    why: 'it loads the library a second time',
    onNode: true,
  },
  {
    file: 'packages/core/test/laws/c11-nested-cleanup.test.ts',
    title:
      'C11 asynchronous cleanup in a generator that was delegated to natively › is found on JavaScriptCore, too',
    why: 'it starts another program',
  },
  {
    file: 'packages/core/test/laws/e-traces.test.ts',
    title:
      'E6 an Error that leaves a task gains its path, once › user frames come before all frames of the library',
    why: 'it knows the library by the paths of its sources, and a page has it as it was built',
  },
  {
    file: 'packages/core/test/laws/e-traces.test.ts',
    title: 'E8 a failed root that nobody awaits is an unhandled rejection',
    why: 'it starts another program',
  },
  {
    file: 'packages/testing/test/explore.test.ts',
    title: 'a report › shows the error, the timeline, the pick that matters and the line to paste',
    why: 'it compares with a snapshot, and is the same on every host',
  },
  {
    file: 'packages/testing/test/timeline.test.ts',
    title:
      'sim.timeline › has a line for each step, with the time, the task, how it began and where it stands',
    why: 'it compares with a snapshot, and is the same on every host',
  },
  {
    file: 'packages/testing/test/known-bugs/known-bugs.test.ts',
    title: 'the page on known bugs says what the runs give',
    why: 'it reads a file of the documentation',
  },
  {
    file: 'packages/testing/test/matchers.test.ts',
    title: 'the test of itSimulates fails with the timeline if its program does',
    why: 'it loads the matchers a second time, in another Jest',
  },
  {
    file: 'packages/testing/test/matchers.test.ts',
    title: 'outside Jest, the entry says where it belongs',
    why: 'it loads the matchers a second time, without Jest',
  },
  {
    file: 'packages/core/test/memory.test.ts',
    title: 'F7 a shared source keeps nothing of the runs that it has had',
    why: "a page can't collect garbage when it wants to",
  },
  {
    file: 'packages/core/test/memory.test.ts',
    title: 'C3 a promise keeps nothing of those who have stopped to wait for it',
    why: "a page can't collect garbage when it wants to",
  },
  {
    file: 'packages/testing/test/linearizability/histories.test.ts',
    title: 'the report › draws the history, and says how far the model can follow',
    why: 'it compares with a snapshot, and is the same on every host',
  },
  {
    file: 'packages/testing/test/linearizability/histories.test.ts',
    title: 'the report › draws calls of one task side by side if several are under way',
    why: 'it compares with a snapshot, and is the same on every host',
  },
  {
    file: 'packages/testing/test/linearizability/explore.test.ts',
    title: 'exploreLinearizable finds › an item of a queue that two have seen',
    why: 'it compares with a snapshot, and is the same on every host',
  },
  {
    file: 'packages/testing/test/linearizability/explore.test.ts',
    title: 'exploreLinearizable finds › a lost update of a counter, and shows it',
    why: 'it compares with a snapshot, and is the same on every host',
  },
]
