// The program of the page: runs each file and tells the server of each test. The server has put its plan into the page.

import './globals.mjs'
import { runFile } from './suite.mjs'

const { files, elsewhere } = JSON.parse(document.querySelector('script[type="application/json"]').textContent)

window.hasBegun = true
await tell({ kind: 'begin', agent: navigator.userAgent })
for (const file of files) {
  const patterns = elsewhere.filter((entry) => entry.file === file).map(({ title }) => title)
  const results = []
  const isElsewhere = (title) => patterns.some((pattern) => title.startsWith(pattern))
  const begin = performance.now()
  try {
    await runFile(() => import(`/${file}`), { isElsewhere, tell: (result) => results.push(result) })
  } catch (error) {
    results.push({ title: 'the file itself', status: 'failed', error: String(error?.stack ?? error) })
  }
  await tell({ kind: 'file', file, ms: Math.round(performance.now() - begin), results })
}
await tell({ kind: 'end' })

function tell(message) {
  return fetch('/tell', { method: 'POST', body: JSON.stringify(message) })
}
