// Opens the page in a browser without a window, and waits for the page to tell that it has ended.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

/** How long the page may tell nothing. */
const PATIENCE_MS = 300_000

/** How each kind of browser is started: with a profile of its own, which is thrown away. */
const commands = {
  chromium: (profile, url) => [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    `--user-data-dir=${profile}`,
    url,
  ],
  firefox: (profile, url) => ['--headless', '--no-remote', '--profile', profile, url],
}

/** **Throws:** if the browser ends or falls silent before the page has ended. */
export async function browse(kind, program, serve, hear) {
  const profile = mkdtempSync(path.join(tmpdir(), `coppice-${kind}-`))
  if (kind === 'firefox') writeFileSync(path.join(profile, 'user.js'), preferences)
  let ended, failed
  const end = new Promise((resolve, reject) => ([ended, failed] = [resolve, reject]))
  let silence
  const expectWord = () => {
    clearTimeout(silence)
    silence = setTimeout(() => failed(new Error(`The page in ${kind} fell silent`)), PATIENCE_MS)
  }
  const page = await serve((message) => {
    expectWord()
    hear(message)
    if (message.kind === 'broken') failed(new Error(message.error))
    if (message.kind === 'end') ended()
  })
  expectWord()
  const child = spawn(program, commands[kind](profile, page.url), { stdio: 'ignore', detached: true })
  child.once('error', failed)
  child.once('exit', (code) => failed(new Error(`${program} ended with ${code} before the page did`)))
  const gone = new Promise((resolve) => child.once('close', resolve))
  try {
    await end
  } finally {
    clearTimeout(silence)
    end.catch(() => {})
    // A browser is several processes, and all of them write to the profile.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await gone
    page.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const preferences = `
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('browser.aboutwelcome.enabled', false);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('toolkit.telemetry.reportingpolicy.firstRun', false);
user_pref('app.update.enabled', false);
user_pref('dom.min_background_timeout_value', 4);
user_pref('dom.timeout.enable_budget_timer_throttling', false);
user_pref('dom.max_script_run_time', 0);
`
