// One mutant in a thread of its own: the simulation runs until its invariant is violated.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { SRC, mutate, type Mutant } from './mutant.ts'

/** Rounds of histories by chance when no flow showed the bug, and histories in each. */
const ROUNDS = 20
const HISTORIES_A_ROUND = 50

// run.ts starts it with a mutant.
const { killer, edits } = workerData as Mutant

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const path = url.startsWith('file:') ? fileURLToPath(url) : ''
    if (!path.startsWith(SRC)) return loaded
    const source = readFileSync(path, 'utf8')
    return { ...loaded, source: mutate(source, path.slice(SRC.length), edits) }
  },
})

// Only from here on is what is loaded mutated.
const { REPLAYS } = await import('../replays.ts')
const { COPIES } = await import('../schedules/copies.ts')
const { ERASED } = await import('../schedules/erased.ts')
const { FILTERED } = await import('../schedules/filtered.ts')
const { FLOWS } = await import('../schedules/flows.ts')
const { FORGOTTEN } = await import('../schedules/forgotten.ts')
const { LISTENING } = await import('../schedules/listening.ts')
const { RANGES } = await import('../schedules/ranges.ts')
const { CROWDS } = await import('../schedules/crowds.ts')
const { ORDERED } = await import('../schedules/ordered.ts')
const { LIMITS } = await import('../schedules/limits.ts')
const { NOISY } = await import('../schedules/noisy.ts')
const { STOPS } = await import('../schedules/stops.ts')
const { TOLD } = await import('../schedules/told.ts')
const { parseSchedule } = await import('../schedules/schedule.ts')
const { Tester } = await import('../tester.ts')
const tester = new Tester()

/** What sends again what there is, or makes what there is not. */
const OF_REPLAYS = new Set<string>(['replay', 'recover', 'copy', 'elsewhere'])

/** Where it can show, and where most likely first: what is said of replays is so wherever there is none. */
const ofReplays = FLOWS.filter(({ schedule }) =>
  schedule.steps.some(({ action }) => OF_REPLAYS.has(action)),
)
const likely = killer === 'Y6' ? COPIES : RANGES
const isOfListening = edits.some(([, text]) => /listen|offer|told/i.test(text))
const isOfStops = edits.some(([, text]) => /stop|postpone|copies'/i.test(text))
const isOfForgetting = edits.some(([file, text]) => /forg[eo]t|payload/i.test(file + text))
const isOfHosts = edits.some(([, text]) => /admitted|refused|rest\b|NO_TURN/.test(text))
const isOfShares = edits.some(([, text]) => /share|refilled|laneOf|LANES|!== 'retry'/i.test(text))
const isOfFilters = edits.some(([, text]) => /isUnjudged|unmetOf/.test(text))
const first = [
  ...(killer === 'R7' || /maxPerSecond/.test(edits.join()) ? LIMITS : []),
  ...(killer.startsWith('O') ? ORDERED : []),
  ...(isOfFilters ? FILTERED : []),
  ...(isOfShares ? NOISY : []),
  ...(isOfHosts ? CROWDS : []),
  ...(killer === 'L4' ? ERASED : []),
  ...(killer === 'N1' ? TOLD : []),
  ...(isOfStops ? STOPS : []),
  ...(isOfListening ? LISTENING : []),
  ...(isOfForgetting ? FORGOTTEN : []),
]
const rest = killer.startsWith('Y') ? [...likely, ...ofReplays] : FLOWS
const flows = new Set([...first, ...rest])

for (const schedule of Object.values(REPLAYS)) {
  if (!isCaught()) await tester.try(parseSchedule(schedule))
}
for (const faults of [0, 1]) {
  for (const flow of flows) await tester.exhaust(flow, faults, isCaught)
}
for (let seed = 1; seed <= ROUNDS && !isCaught(); seed += 1) {
  await tester.wander(seed, HISTORIES_A_ROUND, isCaught)
}
const shown = tester.report().find((line) => line.startsWith(`${killer}: `))
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
parentPort?.postMessage(shown ?? [tester.summary(), ...tester.report()].join('\n    '))

function isCaught(): boolean {
  return tester.findings.some(({ violations }) =>
    violations.some(({ invariant }) => invariant === killer),
  )
}
