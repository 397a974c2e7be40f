// Finds exports of packages whose documentation comment lacks something that every one must have. Whether it is true and its example runs
// is for readers and for docs/docs.test.ts.

import path from 'node:path'
import ts from 'typescript'
import { root, sources } from './packages.mjs'

/** Entries whose exports are for our other packages: they need a contract, but no example. */
const internal = new Set(['coppice/kernel'])

/** Each as `file:line name lacks …`. `program` has the sources of all packages. */
export function undocumented(program) {
  const checker = program.getTypeChecker()
  const found = new Set()
  for (const [specifier, source] of sources) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(source))
    const isInternal = internal.has(specifier)
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      for (const lack of lacks(checker, symbol, isInternal)) {
        found.add(`${placeOf(symbol)} ${exported.name} lacks ${lack}`)
      }
      for (const member of isInternal ? [] : membersOf(checker, symbol)) {
        if (!isDocumented(checker, member))
          found.add(`${placeOf(member)} ${exported.name}.${member.name} lacks a documentation comment`)
      }
    }
  }
  return [...found]
}

/** What users see of a class or an interface of ours, except what belongs to a protocol of the language. */
function membersOf(checker, symbol) {
  if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return []
  const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties()
  const names = new Set(members.map(({ name }) => name))
  const isError = names.has('message') && names.has('stack')
  const isIterator = names.has('next')
  return members.filter(
    ({ name, declarations }) =>
      declarations?.some(isPublic) &&
      !(isError && name === 'name') &&
      !(isIterator && ['next', 'return', 'throw', 'done', 'value'].includes(name))
  )
}

function isPublic(declaration) {
  const { name } = declaration
  return (
    declaration.getSourceFile().fileName.startsWith(path.join(root, 'packages')) &&
    !(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) &&
    !(name && (ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)))
  )
}

function isDocumented(checker, symbol) {
  if (symbol.getJsDocTags(checker).some(({ name }) => name === 'internal')) return true
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)) !== ''
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
    ...(text.includes('**Throws:**') ? [] : ['a line **Throws:**']),
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
