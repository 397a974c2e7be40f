/** What has ended is forgotten by what goes on. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { collect, createContext, from, pause, pipe, run, select, share, until } from 'coppice'

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/** JavaScriptCore takes for a reference what it finds on the stack, so that on Bun some objects are still there by chance. */
const whereGarbageIsExact = 'Bun' in globalThis ? test.skip : test

/** As many may be still there, by what the host itself has in hand. */
const FEW = 2

/** How many of the objects that `use` was handed are still there. */
async function kept(count: number, use: (object: object) => unknown): Promise<number> {
  const objects: WeakRef<object>[] = []
  for (let i = 0; i < count; i++) {
    const object = {}
    objects.push(new WeakRef(object))
    await use(object)
  }
  let left = count
  // It lets go of more of them sooner or later: of code that it compiles, for instance.
  for (let round = 0; round < 10 && left > FEW; round++) {
    // A WeakRef keeps what it was asked for until the end of the job.
    await new Promise((resolve) => setTimeout(resolve, round))
    collectGarbage()
    left = objects.filter((object) => object.deref() !== undefined).length
  }
  return left
}

whereGarbageIsExact('F7 a shared source keeps nothing of the runs that it has had', async () => {
  const who = createContext<object>('who')
  const shared = pipe(from([1]), share())
  expect(await kept(50, (object) => run(who.with(object, () => collect(shared))))).toBeLessThanOrEqual(FEW)
})

whereGarbageIsExact('C3 a promise keeps nothing of those who have stopped to wait for it', async () => {
  const never = new Promise<void>(() => {})
  const who = createContext<object>('who')
  const waitForNothing = () => select({ never: until(never), other: pause() })
  expect(await kept(50, (object) => run(who.with(object, waitForNothing)))).toBeLessThanOrEqual(FEW)
})

test('all who wait for a promise are told in the order in which they came', async () => {
  const told: string[] = []
  const promise = Promise.resolve('here')
  function* waiting(name: string) {
    told.push(`${name} ${yield* until(promise)}`)
    told.push(`${name} ${yield* until(promise)} again`)
  }
  // However busy the machine is, neither hands over to the host in between.
  const budget = { ms: Infinity }
  await Promise.all([run(waiting('a'), { budget }), run(waiting('b'), { budget })])
  expect(told).toEqual(['a here', 'b here', 'a here again', 'b here again'])
})
