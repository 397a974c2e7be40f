// Finds what a source file exports and no other source file imports. Entries of packages export for users, and reach everything from
// there. What only a test imports is reported as well: behaviour is tested through what is used.

import path from 'node:path'
import ts from 'typescript'
import { root, sources } from './packages.mjs'

/** Each as `file:line name`. `program` has the sources of all packages, and what else uses them. */
export function deadExports(program) {
  const isOurs = (file) => file !== undefined && /\/packages\/[^/]+\/src\//.test(file.fileName)
  const files = program.getSourceFiles().filter(isOurs)
  const modules = new Map(files.map((file) => [file.fileName, parse(program, file)]))
  const used = new Set()

  const use = (fileName, name) => {
    const key = `${fileName} ${name}`
    if (used.has(key) || !modules.has(fileName)) return
    used.add(key)
    const { exported, stars } = modules.get(fileName)
    const from = exported.get(name)?.from
    if (from !== undefined) use(from.fileName, from.name)
    else if (!exported.has(name)) for (const star of stars) use(star, name)
  }
  const useAll = (fileName) => {
    const module = modules.get(fileName)
    if (module === undefined) return
    for (const name of module.exported.keys()) use(fileName, name)
    for (const star of module.stars) useAll(star)
  }

  for (const source of sources.values()) useAll(source)
  for (const { imported } of modules.values()) {
    for (const { fileName, name } of imported) if (name === '*') useAll(fileName)
    for (const { fileName, name } of imported) if (name !== '*') use(fileName, name)
  }
  return [...modules].flatMap(([fileName, { exported }]) =>
    [...exported]
      .filter(([name]) => !used.has(`${fileName} ${name}`))
      .map(([name, { line }]) => `${path.relative(root, fileName)}:${line} ${name}`)
  )
}

/** What a file exports (and from where, if it only passes it on), and what it imports. */
function parse(program, file) {
  const exported = new Map()
  const stars = []
  const imported = []
  const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
  const resolve = (specifier) =>
    ts.resolveModuleName(specifier.text, file.fileName, program.getCompilerOptions(), ts.sys).resolvedModule
      ?.resolvedFileName ?? specifier.text

  const visit = (node) => {
    if (ts.isExportDeclaration(node)) {
      const fileName = node.moduleSpecifier && resolve(node.moduleSpecifier)
      if (node.exportClause === undefined) stars.push(fileName)
      else if (ts.isNamespaceExport(node.exportClause)) {
        exported.set(node.exportClause.name.text, { line: lineOf(node) })
        imported.push({ fileName, name: '*' })
      } else {
        for (const { name, propertyName } of node.exportClause.elements) {
          const from = fileName && { fileName, name: (propertyName ?? name).text }
          exported.set(name.text, { line: lineOf(name), from })
        }
      }
    } else if (ts.isImportDeclaration(node) && node.importClause) {
      const fileName = resolve(node.moduleSpecifier)
      const { name, namedBindings } = node.importClause
      if (name) imported.push({ fileName, name: 'default' })
      if (namedBindings && ts.isNamespaceImport(namedBindings)) imported.push({ fileName, name: '*' })
      else
        for (const element of namedBindings?.elements ?? [])
          imported.push({ fileName, name: (element.propertyName ?? element.name).text })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      imported.push({ fileName: resolve(node.argument.literal), name: node.qualifier?.getText(file) ?? '*' })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (ts.isStringLiteral(node.arguments[0])) {
        imported.push({ fileName: resolve(node.arguments[0]), name: '*' })
      }
    } else if (ts.isExportAssignment(node)) exported.set('default', { line: lineOf(node) })
    else if (ts.canHaveModifiers(node) && ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) {
      const declarations = ts.isVariableStatement(node) ? node.declarationList.declarations : [node]
      for (const { name } of declarations) {
        if (name && ts.isIdentifier(name)) exported.set(name.text, { line: lineOf(name) })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { exported, stars, imported }
}
