// The command line: replays one schedule, explores the core flows, or wanders for so many minutes.
import { parseArgs } from 'node:util'
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
  const endAt = performance.now() + Number(values.minutes) * 60_000
  for (const flow of FLOWS) await tester.exhaust(flow, 1)
  const isOver = (): boolean => performance.now() >= endAt
  console.log(`seed ${values.seed}`)
  for (let seed = Number(values.seed); !isOver(); seed += 1) {
    await tester.wander(seed, HISTORIES_A_ROUND, isOver)
  }
}

/** Every core flow with up to so many faults; with `--part 1/2`, those that the other half leaves. */
async function exhaust(faults: number): Promise<void> {
  const [number = 1, of = 1] = values.part.split('/').map(Number)
  let further = 0
  for (const flow of FLOWS) {
    const before = tester.schedules
    const more = await tester.exhaust(flow, faults, undefined, { number, of })
    const done = (tester.schedules - before).toLocaleString('en')
    console.log(`${flow.name}: ${done} schedules; with one fault more ${more.toLocaleString('en')}`)
    further += more
  }
  console.log(`with one fault more: ${further.toLocaleString('en')} schedules`)
}

async function replay(text: string): Promise<void> {
  const { run } = await tester.try(parseSchedule(text))
  for (const { name, at } of run.history.trace) console.log(`${(at - START) / 1000} s  ${name}`)
  for (const row of run.tables.deliveries) {
    console.log(`${row['id']} is ${row['status']} after ${row['attempt_count']} attempts`)
  }
}
