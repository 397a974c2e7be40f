// The public surface of each entry as one readable file, packages/*/api/<entry>.api.md, so that a change of it is seen in review.
//
//   node scripts/api-reports.mjs            fails if the built types have another surface than the reports
//   node scripts/api-reports.mjs --write    writes the reports anew

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { packages, root } from './packages.mjs'

const writes = process.argv.includes('--write')
const temporary = mkdtempSync(path.join(tmpdir(), 'coppice-api-'))
const complaints = []
try {
  for (const item of packages) compareReports(item)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  console.error('If the change of the surface is meant: `npm run api`, and commit the reports with it.')
  process.exitCode = 1
}

function compareReports({ directory, entries }) {
  const folder = path.join(root, directory, 'api')
  const names = Object.keys(entries).map((entry) => `${entry}.api.md`)
  if (writes) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }
  for (const entry of Object.keys(entries)) {
    const report = makeReport(directory, entry)
    const file = path.join(folder, `${entry}.api.md`)
    if (writes) writeFileSync(file, report)
    else compare(file, report)
  }
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!names.includes(name)) complaints.push(`${directory}/api/${name} is a report of no entry`)
  }
}

function compare(file, report) {
  const name = path.relative(root, file)
  if (!existsSync(file)) return void complaints.push(`${name} is missing`)
  const before = readFileSync(file, 'utf8').split('\n')
  const after = report.split('\n')
  const [gone, come] = [difference(before, after), difference(after, before)]
  if (gone.length > 0 || come.length > 0) {
    complaints.push(name, ...gone.map((line) => `  - ${line}`), ...come.map((line) => `  + ${line}`))
  } else if (before.join() !== after.join()) complaints.push(`${name} has its lines in another order`)
}

/** The lines of `one` that `other` has not, or has less often. */
function difference(one, other) {
  const count = new Map()
  for (const line of other) count.set(line, (count.get(line) ?? 0) + 1)
  return one.filter((line) => {
    const left = count.get(line) ?? 0
    count.set(line, left - 1)
    return left <= 0
  })
}

function makeReport(directory, entry) {
  const projectFolder = path.join(root, directory)
  const types = path.join(projectFolder, 'dist', `${entry}.d.ts`)
  if (!existsSync(types)) throw new Error(`${types} is missing. Run \`npm run build\` first.`)
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: path.join(projectFolder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder,
      mainEntryPointFilePath: types,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2022', 'esnext.disposable'],
            module: 'esnext',
            moduleResolution: 'bundler',
            types: ['node'],
            strict: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: entry,
        reportFolder: temporary,
        reportTempFolder: path.join(temporary, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      // Documentation has a check of its own: scripts/documentation.mjs.
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  })
  const { errorCount } = Extractor.invoke(config, { localBuild: true, messageCallback: keepQuiet })
  if (errorCount > 0) throw new Error(`The surface of ${types} could not be read`)
  return readFileSync(path.join(temporary, `${entry}.api.md`), 'utf8')
}

/** All but errors is about the tool itself. */
function keepQuiet(message) {
  if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true
}
