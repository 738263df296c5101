// The benchmark: every scenario on a fresh runtime, a table of each, all of it as one JSON file, and a full
// run as the page in the repository.
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, type } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Progress } from '../../src/cli/progress.ts'
import { buildBundle, ROOT, type BundledModule } from './harness/bundle.ts'
import { changesToMarkdown, toKept, type Kept } from './harness/changes.ts'
import {
  areCountsMet,
  targetsToMarkdown,
  toMarkdown,
  toPage,
  type Finding,
  type Setting,
} from './harness/report.ts'
import { openStage, type OpenStage, type Stage, type StageSetting } from './harness/stage.ts'
import { against } from './scenarios/against.ts'
import { age } from './scenarios/age.ts'
import { cost } from './scenarios/cost.ts'
import { distance } from './scenarios/distance.ts'
import { fairness } from './scenarios/fairness.ts'
import { growth } from './scenarios/growth.ts'
import { isolation } from './scenarios/isolation.ts'
import { keepUp } from './scenarios/keep-up.ts'
import { largest } from './scenarios/largest.ts'
import { latency } from './scenarios/latency.ts'
import { noisy } from './scenarios/noisy.ts'
import { paced } from './scenarios/paced.ts'
import { recovery } from './scenarios/recovery.ts'
import { scale } from './scenarios/scale.ts'
import { throughput } from './scenarios/throughput.ts'

const RESULTS = join(ROOT, 'test/bench/results')

/** Only a full run writes them: the page, and the figures that other runs are compared by. */
const PAGE = join(ROOT, 'test/bench/RESULTS.md')
const KEPT = join(ROOT, 'test/bench/figures.json')

/** The whole run is broken off after so long. */
const TOTAL_MS = 45 * 60_000

/** What latency builds on when throughput was left out: events a second. */
const ASSUMED_SUSTAINED = 200

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, against: { type: 'string' } },
  allowPositionals: true,
})
const isQuick = values.quick
/** Another release's worktree. */
const before = values.against === undefined ? undefined : resolve(values.against)

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
  isolation: (open) => isolation(open, isQuick),
  noisy: (open) => noisy(open, isQuick),
  paced: (open) => paced(open, isQuick),
  recovery: (open) => recovery(open, isQuick),
  growth: (open) => growth(open, isQuick),
  cost: (open) => cost(open, isQuick),
  scale: (open) => scale(open, isQuick),
  largest: (open) => largest(open),
  distance: (open) => distance(open, isQuick),
  age: (open) => age(open),
  ...(before !== undefined && { against: (open) => against(open, isQuick, before) }),
}

/** How long each takes on a machine with two cores, in s: of a full run, and of a quick one. */
const EXPECTED_S: Record<string, [full: number, quick: number]> = {
  throughput: [115, 24],
  'keep-up': [40, 13],
  latency: [44, 10],
  fairness: [135, 18],
  isolation: [45, 45],
  noisy: [75, 28],
  paced: [150, 28],
  recovery: [194, 21],
  growth: [93, 19],
  cost: [94, 13],
  scale: [40, 21],
  largest: [14, 14],
  distance: [18, 6],
  age: [295, 295],
  against: [98, 40],
}

/** Those that no quick run has, unless it is asked for them. */
const LONG = new Set(['age', 'isolation', 'noisy', 'paced'])
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
  const bundleOf = createBundler()
  const findings: Finding[] = []
  const progress = new Progress(sum(names.map(expectedS)), '', { paceMs: 1000 })
  for (const [place, name] of names.entries()) {
    const doneS = sum(names.slice(0, place).map(expectedS))
    progress.to(doneS, name, doneS + expectedS(name))
    const begunAt = Date.now()
    const finding = await play(name, bundleOf).catch((error: unknown) => {
      progress.print(`${name} failed, and begins anew: ${String(error)}\n`)
      return play(name, bundleOf)
    })
    if (!finding) continue
    progress.print(`${toMarkdown(finding)}\n${name} took ${secondsSince(begunAt)} s\n`)
    findings.push(finding)
  }
  progress.stop()
  console.log(targetsToMarkdown(findings))
  await mkdir(RESULTS, { recursive: true })
  const file = join(RESULTS, `${startedAt.toISOString().replaceAll(':', '-')}.json`)
  await writeFile(file, JSON.stringify({ startedAt, machine, isQuick, findings }, null, 2))
  const isFull = !isQuick && names.length === Object.keys(SCENARIOS).length
  console.log(await compareToKept(machine, findings))
  if (isFull) await keep({ startedAt, machine }, findings)
  console.log(`${secondsSince(startedAt.getTime())} s; ${file}`)
  return areCountsMet(findings)
}

function expectedS(name: string): number {
  return EXPECTED_S[name]?.[isQuick ? 1 : 0] ?? 0
}

function sum(parts: number[]): number {
  return parts.reduce((total, part) => total + part, 0)
}

function secondsSince(instant: number): string {
  return ((Date.now() - instant) / 1000).toFixed(0)
}

/** Plays one scenario on stages of its own, each in a folder of its own. */
async function play(name: string, bundleOf: Bundler): Promise<Finding | undefined> {
  const stages: Stage[] = []
  const open = async (setting: StageSetting = {}) => {
    const folder = await mkdtemp(join(scratch, `${name}-`))
    const stage = await openStage(await bundleOf(setting.root), folder, setting)
    stages.push(stage)
    return stage
  }
  try {
    return await SCENARIOS[name]?.(open)
  } finally {
    for (const stage of stages) await stage.close()
  }
}

type Bundler = (root?: string) => Promise<BundledModule[]>

/** Bundles the Worker of each worktree once. */
function createBundler(): Bundler {
  const bundled = new Map<string, Promise<BundledModule[]>>()
  return async (root = ROOT) => {
    const folder = join(scratch, `bundle-${bundled.size}`)
    const modules = bundled.get(root) ?? buildBundle(folder, 'test/bench/worker/index.ts', root)
    bundled.set(root, modules)
    return modules
  }
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
