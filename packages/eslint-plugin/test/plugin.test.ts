import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Linter } from 'eslint'
import { defineConfig } from 'eslint/config'
import coppice, { configs, meta, rules } from 'eslint-plugin-coppice'
import ts from 'typescript'
import tseslint, { parser } from 'typescript-eslint'

const read = (file: string) => readFileSync(path.join(__dirname, '..', file), 'utf8')
const namesOf = (config: Linter.Config) => Object.keys(config.rules ?? {}).sort()

describe('the plugin', () => {
  test('says its name and version as its package does', () => {
    const { name, version } = JSON.parse(read('package.json'))
    expect(meta).toMatchObject({ name, version })
  })

  test('is what stands in a configuration by default', () => {
    expect(coppice).toMatchObject({ meta, rules, configs })
  })

  test('fits into a configuration of ESLint, and into one of typescript-eslint', () => {
    expect(defineConfig(coppice.configs.recommended, coppice.configs.strict)).toHaveLength(2)
    expect(tseslint.config(coppice.configs.recommended, { extends: [coppice.configs.strict] })).toHaveLength(
      2
    )
  })

  test('recommends what its rules say is recommended, and holds all of them in the strict configuration', () => {
    const prefixed = (names: string[]) => names.map((name) => `coppice/${name}`).sort()
    const recommended = Object.entries(rules).filter(
      ([, rule]) => (rule.meta?.docs as { recommended?: boolean }).recommended
    )
    expect(namesOf(configs.recommended)).toEqual(prefixed(recommended.map(([name]) => name)))
    expect(namesOf(configs.strict)).toEqual(prefixed(Object.keys(rules)))
  })

  test.each(Object.keys(rules))('has a page and a section for %s', (name) => {
    expect(read(`../../docs/eslint/${name}.md`)).toMatch(new RegExp(`^# ${name}\n`))
    expect(read('README.md')).toContain(`\n### ${name}\n`)
  })
})

describe('a rule', () => {
  let project: string
  beforeAll(() => void (project = mkdtempSync(path.join(tmpdir(), 'coppice-lint-'))))
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  test('knows an installed copy of coppice, and takes no look-alike for it', () => {
    install('coppice')
    install('lookalike')
    install('@someone/coppice')
    expect(reportsOn("import { sleep } from 'coppice'\nsleep(1)\n")).toEqual([
      'coppice/no-floating-operation',
    ])
    expect(reportsOn("import { sleep } from 'lookalike'\nsleep(1)\n")).toEqual([])
    expect(reportsOn("import { sleep } from '@someone/coppice'\nsleep(1)\n")).toEqual([])
  })

  test('says that it needs types where there are none', () => {
    const config = { ...configs.recommended, languageOptions: { parser } } as Linter.Config
    expect(() => new Linter().verify('', [config], 'file.ts')).toThrow(/type information/)
  })

  /** What the built types of the library come down to. */
  function install(name: string): void {
    const directory = path.join(project, 'node_modules', name)
    mkdirSync(path.join(directory, 'dist'), { recursive: true })
    writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name, types: './dist/index.d.ts' }))
    writeFileSync(
      path.join(directory, 'dist/index.d.ts'),
      `declare abstract class Effect<T = any> {
        [Symbol.iterator](): this
        next(value?: unknown): IteratorResult<this, T>
      }
      interface Operation<T> { [Symbol.iterator](): Iterator<Effect, T, any> }
      declare function sleep(ms: number): Operation<void>
      export { sleep }`
    )
  }

  function reportsOn(text: string): (string | null)[] {
    const file = path.join(project, 'file.ts')
    writeFileSync(file, text)
    const program = ts.createProgram([file], {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      strict: true,
      target: ts.ScriptTarget.ES2022,
      types: [],
    })
    const languageOptions = {
      parser,
      parserOptions: { programs: [program] },
    } as Linter.Config['languageOptions']
    const linter = new Linter({ cwd: project })
    return linter
      .verify(text, [{ languageOptions }, configs.recommended] as Linter.Config[], file)
      .map(({ ruleId, message }) => ruleId ?? message)
  }
})
