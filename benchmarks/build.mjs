/** The builds that are measured. A stale one must never be. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { rollup } from 'rollup'
import { root } from '../scripts/packages.mjs'
import { transpile } from '../scripts/transpile.mjs'

const MEASURED = ['core', 'testing']

/** Builds the packages unless each build is newer than every source. */
export function buildPackages() {
  if (MEASURED.every(isFresh)) return
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0)
    throw new Error(`npm run build failed; --no-build measures the last one.\n${stdout}${stderr}`)
}

/**
 * Builds the core of two versions in the same way, that of a commit and that of the working copy, and gives them to `measure`, by the
 * names of the contenders.
 */
export async function withVersions(ref, measure) {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-'))
  try {
    const archive = execFileSync('git', ['archive', ref, 'packages/core/src'], { cwd: root })
    execFileSync('tar', ['-x', '-C', folder], { input: archive })
    return await measure({
      [`coppice@${ref}`]: await buildCore(folder, path.join(folder, 'before.mjs')),
      coppice: await buildCore(root, path.join(folder, 'after.mjs')),
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function buildCore(from, file) {
  const bundle = await rollup({
    input: path.join(from, 'packages/core/src/index.ts'),
    onLog: () => {}, // It is about cycles of imports, which both versions have.
    plugins: [
      {
        name: 'typescript',
        transform: (source, id) => (id.endsWith('.ts') ? transpile(source, id, { sourceMap: true }) : null),
      },
    ],
  })
  await bundle.write({ file, format: 'es' })
  await bundle.close()
  return pathToFileURL(file).href
}

function isFresh(name) {
  const built = path.join(root, `packages/${name}/dist/index.js`)
  return existsSync(built) && statSync(built).mtimeMs > newestIn(path.join(root, `packages/${name}/src`))
}

function newestIn(folder) {
  const entries = readdirSync(folder, { recursive: true })
  return Math.max(...entries.map((entry) => statSync(path.join(folder, entry)).mtimeMs))
}
