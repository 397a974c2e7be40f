/** What the command line asks for. The head of run.mjs lists the options. */
import { parseArgs } from 'node:util'
import { groups, parseMeasurement, workloads } from './workloads.mjs'

const CONTENDERS = ['promises', 'effection', 'effect', 'redux-saga', 'rxjs', 'floor', 'coppice']
const OURS = 'coppice'
const ROUNDS = 3
/** Two versions of the same are closer to each other than two libraries. */
const ROUNDS_OF_A_COMPARISON = 7
const PAGE = 'docs/benchmarks.md'

const known = {
  rounds: { type: 'string' },
  only: { type: 'string' },
  group: { type: 'string' },
  contenders: { type: 'string' },
  quick: { type: 'boolean', default: false },
  compare: { type: 'string' },
  write: { type: 'boolean', default: false },
  page: { type: 'string', default: PAGE },
  strict: { type: 'boolean', default: false },
  'no-build': { type: 'boolean', default: false },
  minutes: { type: 'string', default: '30' },
  patience: { type: 'string', default: '15' },
  list: { type: 'boolean', default: false },
}

export function readOptions(args) {
  const { values } = parseArgs({ args, options: known })
  checkPage(values)
  return {
    quick: values.quick,
    compare: values.compare,
    contenders: contendersOf(values),
    /** The ids that are wanted; none is all. */
    only: [...list(values.only), ...idsOfGroups(list(values.group))],
    /** Whether the growth series are measured where no id asks for them. */
    growth: !values.quick && values.compare === undefined,
    rounds: positive('rounds', values.rounds ?? defaultRounds(values)),
    page: values.write ? values.page : undefined,
    strict: values.strict,
    build: !values['no-build'],
    minutes: positive('minutes', values.minutes),
    patienceMs: positive('patience', values.patience) * 1_000,
    list: values.list,
  }
}

export function printList() {
  for (const { name, what } of workloads) console.log(`${name.padEnd(20)} ${what}`)
  console.log(`\ngroups:     ${Object.keys(groups).join(', ')}`)
  console.log(`contenders: ${CONTENDERS.join(', ')}`)
}

function contendersOf(values) {
  const chosen = list(values.contenders)
  const unknown = chosen.find((name) => !CONTENDERS.includes(name))
  if (unknown !== undefined) {
    throw new Error(`There is no contender "${unknown}". There are: ${CONTENDERS.join(', ')}.`)
  }
  const contenders = CONTENDERS.filter((name) => chosen.length === 0 || chosen.includes(name))
  if (values.compare === undefined) return contenders
  return [
    ...contenders.filter((name) => chosen.includes(name) && name !== OURS),
    `${OURS}@${values.compare}`,
    OURS,
  ]
}

/** The page in the repository is for whole runs alone; another one takes what there is. */
function checkPage(values) {
  const partial = ['quick', 'only', 'group', 'contenders', 'compare'].filter((name) => values[name])
  if (!values.write || values.page !== PAGE || partial.length === 0) return
  throw new Error(
    `--write renews all of ${PAGE}, so it needs a whole run, without --${partial.join(', --')}; with --page FILE it writes another page.`
  )
}

function idsOfGroups(names) {
  const unknown = names.find((name) => !(name in groups))
  if (unknown !== undefined) {
    throw new Error(`There is no group "${unknown}". There are: ${Object.keys(groups).join(', ')}.`)
  }
  return workloads.filter(({ group }) => names.includes(group)).map(({ name }) => name)
}

function defaultRounds({ quick, compare }) {
  if (compare !== undefined) return String(ROUNDS_OF_A_COMPARISON)
  return quick ? '2' : String(ROUNDS)
}

function list(text) {
  return text === undefined ? [] : text.split(',').filter(Boolean)
}

function positive(name, text) {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} takes a positive number, not "${text}".`)
  return value
}

/** Throws on an id that does not exist. */
export function checkIds(ids) {
  ids.forEach(parseMeasurement)
}
