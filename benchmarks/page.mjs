/**
 * Writes a report into a page that people write, too: only what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is
 * made anew. Plots and data lie in a folder that has the name of the page.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parts } from './markdown.mjs'
import { plots } from './plots.mjs'

export function writePage(report, page) {
  const folder = new URL(`${page.href.replace(/\.md$/, '')}/`)
  const generated = { ...parts, plots: () => linksTo(folder) }
  const text = existsSync(page) ? readFileSync(page, 'utf8') : newPage(Object.keys(generated))
  const renewed = Object.entries(generated).reduce(
    (page, [name, format]) => replacePart(page, name, format(report)),
    text
  )
  mkdirSync(folder, { recursive: true })
  for (const [name, draw] of Object.entries(plots))
    writeFileSync(new URL(`${name}.svg`, folder), draw(report))
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(page, renewed)
}

function newPage(names) {
  const markers = names.map((name) => `<!-- bench:${name} -->\n<!-- /bench:${name} -->`)
  return `# Benchmarks\n\n${markers.join('\n\n')}\n`
}

function replacePart(text, name, part) {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`The page needs the lines "${begin}" and "${end}".`)
  return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`
}

function linksTo(folder) {
  const name = folder.pathname.split('/').at(-2)
  return Object.entries(plots)
    .map(([plot, { title }]) => `![${title}](${name}/${plot}.svg)`)
    .join('\n\n')
}
