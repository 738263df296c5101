// The command line: replays one schedule, explores the core flows, or wanders for so many minutes.
import { parseArgs } from 'node:util'
import { Progress } from '../../src/cli/progress.ts'
import { START } from './outside/clock.ts'
import { FLOWS } from './schedules/flows.ts'
import { parseSchedule } from './schedules/schedule.ts'
import { Tester } from './tester.ts'

/** Histories tried between two looks at the clock. */
const HISTORIES_A_ROUND = 50

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    exhaust: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    replay: { type: 'string' },
  },
})

const tester = new Tester()
if (values.replay !== undefined) await replay(values.replay)
else if (values.exhaust !== undefined) await exhaust(Number(values.exhaust))
else await simulate()
for (const line of tester.report()) console.log(line)
console.log(tester.summary())
process.exitCode = tester.findings.length > 0 ? 1 : 0

/** Every core flow with a fault at every call, then histories until the time is up. */
async function simulate(): Promise<void> {
  const startedAt = performance.now()
  const seconds = Number(values.minutes) * 60
  const passed = (): number => (performance.now() - startedAt) / 1000
  const progress = new Progress(seconds, 'every core flow', { paceMs: 1000 })
  for (const flow of FLOWS) {
    await tester.exhaust(flow, 1)
    progress.to(passed(), `${found()} with each fault`)
  }
  const isOver = (): boolean => passed() >= seconds
  progress.print(`seed ${values.seed}`)
  for (let seed = Number(values.seed); !isOver(); seed += 1) {
    await tester.wander(seed, HISTORIES_A_ROUND, isOver)
    progress.to(passed(), found())
  }
  progress.stop()
}

/** Every core flow with up to so many faults; with `--part 1/2`, those that the other half leaves. */
async function exhaust(faults: number): Promise<void> {
  const [number = 1, of = 1] = values.part.split('/').map(Number)
  let further = 0
  const progress = new Progress(FLOWS.length, FLOWS[0]?.name ?? '', { unit: 'flows' })
  for (const [place, flow] of FLOWS.entries()) {
    progress.to(place, flow.name)
    const before = tester.schedules
    const more = await tester.exhaust(flow, faults, undefined, { number, of })
    const done = (tester.schedules - before).toLocaleString('en')
    progress.print(
      `${flow.name}: ${done} schedules; with one fault more ${more.toLocaleString('en')}`,
    )
    further += more
  }
  progress.stop()
  console.log(`with one fault more: ${further.toLocaleString('en')} schedules`)
}

function found(): string {
  const { schedules, findings } = tester
  return `${schedules.toLocaleString('en')} schedules, ${findings.length} violations`
}

async function replay(text: string): Promise<void> {
  const { run } = await tester.try(parseSchedule(text))
  for (const { name, at } of run.history.trace) console.log(`${(at - START) / 1000} s  ${name}`)
  for (const row of run.tables.deliveries) {
    console.log(`${row['id']} is ${row['status']} after ${row['attempt_count']} attempts`)
  }
}
