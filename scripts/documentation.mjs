// Finds exports of packages whose documentation comment lacks something that every one must have. Whether it is true and its example runs
// is for readers and for docs/docs.test.ts.

import path from 'node:path'
import ts from 'typescript'
import { root, sources } from './packages.mjs'

/** Entries whose exports are for other packages: they need a contract, but no example. */
const withoutExamples = new Set(['coppice/kernel'])

/** Each as `file:line name lacks …`. `program` has the sources of all packages. */
export function undocumented(program) {
  const checker = program.getTypeChecker()
  const found = new Set()
  for (const [specifier, source] of sources) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(source))
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      for (const lack of lacks(checker, symbol, withoutExamples.has(specifier))) {
        found.add(`${placeOf(symbol)} ${exported.name} lacks ${lack}`)
      }
    }
  }
  return [...found]
}

function lacks(checker, symbol, isInternal) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
  if (text === '' && !hasTrailingComment(symbol)) return ['a documentation comment']
  if (!(symbol.flags & ts.SymbolFlags.Function) || isInternal) return []
  const isOperation = symbol.declarations
    .flatMap((declaration) => checker.getTypeAtLocation(declaration).getCallSignatures())
    .some((signature) => signature.getReturnType().symbol?.name === 'Operation')
  const hasExample = symbol.getJsDocTags(checker).some(({ name }) => name === 'example')
  return [
    ...(isOperation && !text.includes('**Cancelled:**') ? ['a line **Cancelled:**'] : []),
    ...(hasExample ? [] : ['an @example']),
  ]
}

/** Rows of a table of constants have their documentation behind them. */
function hasTrailingComment({ declarations: [declaration] }) {
  if (!ts.isVariableDeclaration(declaration)) return false
  return ts.getTrailingCommentRanges(declaration.getSourceFile().text, declaration.end) !== undefined
}

function placeOf({ declarations: [declaration] }) {
  const file = declaration.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart(file))
  return `${path.relative(root, file.fileName)}:${line + 1}`
}
