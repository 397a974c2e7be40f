// Finds the code in the documentation, and checks all of it in one TypeScript program, under the settings of
// tsconfig.json. A block is a module of its own, in the folder of the file that it stands in.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

export interface CodeBlock {
  /** Relative to the root of the repository. */
  readonly file: string
  /** The line of the block's first line of code; the first line of a file is 1. */
  readonly line: number
  /** What follows `ts` after the opening fence. */
  readonly flags: readonly string[]
  readonly code: string
  /** What a block with the flag `prints` must print: the last block of `text` above it, under the same heading. */
  readonly prints: string | undefined
  /** Examples in sources need not import what they show. */
  readonly mayOmitImports: boolean
}

export interface CheckedBlock extends CodeBlock {
  /** What the compiler has it from: its path, its text with the imports in front, and the program that it is part of. */
  readonly path: string
  readonly text: string
  readonly program: ts.Program
  /** What is wrong with the block: `file:line:column message`. */
  readonly errors: readonly string[]
  /** The block with its types erased, as the body of an async CommonJS function that is given `mustSucceed` and `importMetaUrl`. */
  readonly javascript: string
  /** Whether the block runs something when it is executed (`run`, `simulate`, `explore`, `replay`, `test`), and does not only declare things. */
  readonly isProgram: boolean
}

export const root = path.resolve(__dirname, '..')

export function findCodeBlocks(): CodeBlock[] {
  const packages = existsSync(path.join(root, 'packages')) ? readdirSync(path.join(root, 'packages')) : []
  const prose = [
    'README.md',
    ...packages.map((name) => `packages/${name}/README.md`),
    ...filesBelow('docs').filter((file) => file.endsWith('.md')),
  ]
  const sources = packages
    .flatMap((name) => filesBelow(`packages/${name}/src`))
    .filter((file) => file.endsWith('.ts'))
  return [
    ...prose.filter((file) => existsSync(path.join(root, file))).flatMap(blocksOfProse),
    ...sources.flatMap(blocksOfExamples),
  ]
}

function filesBelow(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
    .filter((file) => !/(^|\/)(node_modules|dist|\.[^/]+)\//.test(file))
    .sort()
}

function linesOf(file: string): string[] {
  return readFileSync(path.join(root, file), 'utf8').split(/\r?\n/)
}

function blocksOfProse(file: string): CodeBlock[] {
  return fencedBlocks(linesOf(file)).map((block) => ({ ...block, file, mayOmitImports: false }))
}

/** Blanks everything that is not below an `@example`, so that the lines keep their numbers. */
function blocksOfExamples(file: string): CodeBlock[] {
  let inComment = false
  let inExample = false
  let inFence = false
  const lines = linesOf(file).map((line) => {
    if (/^\s*\/\*\*/.test(line)) {
      inComment = true
      inExample = false
      inFence = false
    }
    const text = line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '').replace(/\s*\*\/\s*$/, '')
    if (!inFence && /^\s*@\w/.test(text)) inExample = /^\s*@example\b/.test(text)
    const shown = inComment && inExample ? text : ''
    if (/^\s*```/.test(shown)) inFence = !inFence
    if (line.includes('*/')) inComment = false
    return shown
  })
  return fencedBlocks(lines).map((block) => ({ ...block, file, mayOmitImports: true }))
}

type FencedBlock = Pick<CodeBlock, 'line' | 'flags' | 'code' | 'prints'>

function fencedBlocks(lines: readonly string[]): FencedBlock[] {
  const blocks: FencedBlock[] = []
  let prints: string | undefined
  for (let index = 0; index < lines.length; index++) {
    if (/^#{1,2} /.test(lines[index]!)) prints = undefined
    const [, indent, fence, language, rest] =
      /^([ \t]*)(`{3,}|~{3,})\s*([\w-]*)(.*)$/.exec(lines[index]!) ?? []
    if (indent === undefined || fence === undefined) continue
    const first = index + 1
    do index++
    while (index < lines.length && !lines[index]!.trimStart().startsWith(fence))
    const code = lines
      .slice(first, index)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n')
    if (language === 'text') prints = code
    if (language !== 'ts') continue
    blocks.push({ line: first + 1, flags: rest!.split(/\s+/).filter(Boolean), code, prints })
  }
  return blocks
}

export function checkCodeBlocks(blocks: readonly CodeBlock[]): CheckedBlock[] {
  if (blocks.length === 0) return []
  const options = readOptions()
  const parsed = new Map<string, ts.SourceFile | undefined>()
  const exported = findExports(options, parsed)

  const texts = new Map<string, { prelude: string; block: CodeBlock }>()
  for (const block of blocks) {
    const prelude = block.mayOmitImports ? importsFor(block, exported) : ''
    texts.set(path.posix.join(root, `${block.file}.${block.line}.ts`), { prelude, block })
  }
  const textOf = ({ prelude, block }: { prelude: string; block: CodeBlock }) => prelude + block.code
  const program = createProgram([...texts.keys()], options, parsed, (file) => {
    const text = texts.get(file)
    return text && textOf(text)
  })
  return [...texts].map(([file, text]) => {
    const sourceFile = program.getSourceFile(file)!
    const diagnostics = [
      ...program.getSyntacticDiagnostics(sourceFile),
      ...program.getSemanticDiagnostics(sourceFile),
    ]
    return {
      ...text.block,
      path: file,
      text: sourceFile.text,
      program,
      errors: diagnostics.map((diagnostic) => describe(diagnostic, text.prelude, text.block)),
      javascript: transpile(watchTasks(sourceFile)),
      isProgram: calls(RUNNING, sourceFile),
    }
  })
}

function readOptions(): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile)
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  return { ...options, moduleDetection: ts.ModuleDetectionKind.Force }
}

function createProgram(
  files: readonly string[],
  options: ts.CompilerOptions,
  parsed: Map<string, ts.SourceFile | undefined>,
  virtual: (file: string) => string | undefined
): ts.Program {
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (file) => virtual(file) !== undefined || fileExists(file)
  host.readFile = (file) => virtual(file) ?? readFile(file)
  host.getSourceFile = (file, ...rest) => {
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest))
    return parsed.get(file)
  }
  return ts.createProgram(files, options, host)
}

interface Exported {
  readonly specifier: string
  readonly isType: boolean
}

/** Every name that our packages export; where two export the same one, the first in tsconfig.json has it. */
function findExports(
  options: ts.CompilerOptions,
  parsed: Map<string, ts.SourceFile | undefined>
): Map<string, Exported> {
  const entries = Object.entries(options.paths ?? {}).map(([specifier, [file]]) => ({
    specifier,
    file: path.join(root, file!),
  }))
  const files = entries.map(({ file }) => file)
  const program = createProgram(files, options, parsed, () => undefined)
  const checker = program.getTypeChecker()
  const exported = new Map<string, Exported>()
  for (const { specifier, file } of entries) {
    const sourceFile = program.getSourceFile(file)
    const module = sourceFile && checker.getSymbolAtLocation(sourceFile)
    for (const symbol of module ? checker.getExportsOfModule(module) : []) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const isType = (target.flags & ts.SymbolFlags.Value) === 0
      if (!exported.has(symbol.name)) exported.set(symbol.name, { specifier, isType })
    }
  }
  return exported
}

/** On one line and before the first one, so that the block's own lines keep their numbers. */
function importsFor(block: CodeBlock, exported: ReadonlyMap<string, Exported>): string {
  const sourceFile = ts.createSourceFile('block.ts', block.code, ts.ScriptTarget.ES2022, true)
  const declared = new Set(sourceFile.statements.flatMap(namesDeclaredBy))
  const names = new Map<string, Set<string>>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isMemberName(node) && !declared.has(node.text)) {
      const found = exported.get(node.text)
      if (found) {
        if (!names.has(found.specifier)) names.set(found.specifier, new Set())
        names.get(found.specifier)!.add(found.isType ? `type ${node.text}` : node.text)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(sourceFile)
  return [...names]
    .map(([specifier, list]) => `import { ${[...list].join(', ')} } from '${specifier}'; `)
    .join('')
}

function namesDeclaredBy(statement: ts.Statement): string[] {
  const namesIn = (name: ts.BindingName): string[] =>
    ts.isIdentifier(name)
      ? [name.text]
      : name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []))
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name))
  }
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause
    const bindings = clause?.namedBindings
    const named =
      bindings && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name.text) : []
    const namespace = bindings && ts.isNamespaceImport(bindings) ? [bindings.name.text] : []
    return [...(clause?.name ? [clause.name.text] : []), ...named, ...namespace]
  }
  const name = (statement as ts.Statement & { name?: ts.Node }).name
  return name && ts.isIdentifier(name) ? [name.text] : []
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  return (
    (ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isPropertyAssignment(parent)) &&
    parent.name === node
  )
}

function describe(diagnostic: ts.Diagnostic, prelude: string, block: CodeBlock): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  const { line, character } = ts.getLineAndCharacterOfPosition(diagnostic.file!, diagnostic.start!)
  const column = Math.max(0, line === 0 ? character - prelude.length : character)
  return `${block.file}:${block.line + line}:${column + 1} ${message} (TS${diagnostic.code})`
}

const RUN: ReadonlySet<string> = new Set(['run'])
const RUNNING: ReadonlySet<string> = new Set([...RUN, 'main', 'simulate', 'explore', 'replay', 'test'])

function calls(names: ReadonlySet<string>, node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.has(node.expression.text))
    return true
  return ts.forEachChild(node, (child) => calls(names, child)) ?? false
}

/** A task that the block starts and forgets must not fail unseen: `run(…)` becomes `mustSucceed(run(…))`. */
function watchTasks(sourceFile: ts.SourceFile): string {
  return [...sourceFile.statements].reverse().reduce((text, statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return text
    if (!calls(RUN, statement.expression)) return text
    const [start, end] = [statement.expression.getStart(sourceFile), statement.expression.getEnd()]
    return `${text.slice(0, start)}mustSucceed(${text.slice(start, end)})${text.slice(end)}`
  }, sourceFile.text)
}

function transpile(code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
    },
  })
  // A module knows where it is; a function is told.
  return outputText.replaceAll('import.meta.url', 'importMetaUrl')
}
