// Erases types, file by file. Types are checked by `tsc` on its own, so nothing else has to wait for them.

import ts from 'typescript'

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  // Fields become plain assignments: the other way each one is defined first and assigned then, at a cost for each task.
  useDefineForClassFields: false,
  module: ts.ModuleKind.ESNext,
  isolatedModules: true,
  verbatimModuleSyntax: true,
}

export function transpile(source, fileName, options) {
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName,
    compilerOptions: { ...compilerOptions, ...options },
  })
  return { code: outputText, map: sourceMapText }
}
