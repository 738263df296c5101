// The benchmark: every scenario on a fresh runtime, a table of each, all of it as one JSON file, and a full
// run as the page in the repository.
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildBundle, ROOT } from './harness/bundle.ts'
import { changesToMarkdown, toKept, type Kept } from './harness/changes.ts'
import {
  areCountsMet,
  targetsToMarkdown,
  toMarkdown,
  toPage,
  type Finding,
  type Setting,
} from './harness/report.ts'
import { openStage, type OpenStage, type Stage } from './harness/stage.ts'
import { age } from './scenarios/age.ts'
import { cost } from './scenarios/cost.ts'
import { distance } from './scenarios/distance.ts'
import { fairness } from './scenarios/fairness.ts'
import { growth } from './scenarios/growth.ts'
import { keepUp } from './scenarios/keep-up.ts'
import { largest } from './scenarios/largest.ts'
import { latency } from './scenarios/latency.ts'
import { recovery } from './scenarios/recovery.ts'
import { throughput } from './scenarios/throughput.ts'

const RESULTS = join(ROOT, 'test/bench/results')

/** Only a full run writes them: the page, and the figures that other runs are compared by. */
const PAGE = join(ROOT, 'test/bench/RESULTS.md')
const KEPT = join(ROOT, 'test/bench/figures.json')

/** The whole run is broken off after so long. */
const TOTAL_MS = 30 * 60_000

/** What latency builds on when throughput was left out: events a second. */
const ASSUMED_SUSTAINED = 200

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const isQuick = values.quick

let sustainedPerSecond = ASSUMED_SUSTAINED

const SCENARIOS: Record<string, (open: OpenStage) => Promise<Finding>> = {
  throughput: async (open) => {
    const found = await throughput(open, isQuick)
    ;({ sustainedPerSecond } = found)
    return found
  },
  'keep-up': (open) => keepUp(open, isQuick),
  latency: (open) => latency(open, isQuick, sustainedPerSecond),
  fairness: (open) => fairness(open, isQuick),
  recovery: (open) => recovery(open, isQuick),
  growth: (open) => growth(open, isQuick),
  cost: (open) => cost(open, isQuick),
  largest: (open) => largest(open),
  distance: (open) => distance(open, isQuick),
  age: (open) => age(open),
}

/** Those that no quick run has, unless it is asked for them. */
const LONG = new Set(['age'])
const ALL = Object.keys(SCENARIOS).filter((name) => !isQuick || !LONG.has(name))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1))
}
setTimeout(() => process.exit(1), TOTAL_MS).unref()

const unknown = positionals.filter((name) => !(name in SCENARIOS))
if (unknown.length > 0) throw new Error(`scenarios are ${Object.keys(SCENARIOS).join(', ')}`)

const scratch = await mkdtemp(join(tmpdir(), 'callingbox-bench-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
const isGood = await run(positionals.length > 0 ? positionals : ALL)
process.exit(isGood ? 0 : 1)

/** Runs the scenarios; false when a count is over its limit. */
async function run(names: string[]): Promise<boolean> {
  const startedAt = new Date()
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${type()}, Node ${process.version}`
  console.log(`${startedAt.toISOString()}, ${machine}\n`)
  const modules = await buildBundle(join(scratch, 'bundle'), 'test/bench/worker/index.ts')
  const findings: Finding[] = []
  for (const name of names) {
    const stages: Stage[] = []
    const open = async () => {
      const stage = await openStage(modules, join(scratch, `${name}-${stages.length}`))
      stages.push(stage)
      return stage
    }
    const finding = await SCENARIOS[name]?.(open)
    for (const stage of stages) await stage.close()
    if (!finding) continue
    console.log(toMarkdown(finding))
    findings.push(finding)
  }
  console.log(targetsToMarkdown(findings))
  await mkdir(RESULTS, { recursive: true })
  const file = join(RESULTS, `${startedAt.toISOString().replaceAll(':', '-')}.json`)
  await writeFile(file, JSON.stringify({ startedAt, machine, isQuick, findings }, null, 2))
  const isFull = !isQuick && names.length === Object.keys(SCENARIOS).length
  console.log(await compareToKept(machine, findings))
  if (isFull) await keep({ startedAt, machine }, findings)
  console.log(`${((Date.now() - startedAt.getTime()) / 1000).toFixed(0)} s; ${file}`)
  return areCountsMet(findings)
}

/** What changed since the last full run whose figures were committed. */
async function compareToKept(machine: string, findings: Finding[]): Promise<string> {
  const text = await readFile(KEPT, 'utf8').catch(() => undefined)
  if (text === undefined) return 'No figures to compare with: a full run writes them.'
  // Written by keep.
  const kept = JSON.parse(text) as Kept
  return changesToMarkdown(findings, kept, isQuick || kept.machine !== machine)
}

async function keep(setting: Setting, findings: Finding[]): Promise<void> {
  await writeFile(PAGE, toPage(setting, findings))
  await writeFile(KEPT, `${JSON.stringify(toKept(setting, findings), null, 2)}\n`)
}
