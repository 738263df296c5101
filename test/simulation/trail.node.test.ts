// A run after other runs is what it is alone.
import { expect, it } from 'vitest'
import { FLOWS } from './schedules/flows.ts'
import { formatSchedule, parseSchedule, type Schedule } from './schedules/schedule.ts'
import { Tester } from './tester.ts'

/** Each so many-th run is done again, alone. */
const EVERY = 23

/** Every run of a tester at work, by its schedule. */
async function runsOf(work: (tester: Tester) => Promise<unknown>): Promise<Map<string, string>> {
  const runs = new Map<string, string>()
  const tester = new Tester()
  const tryOut = tester.try.bind(tester)
  tester.try = async (schedule: Schedule) => {
    const tried = await tryOut(schedule)
    runs.set(formatSchedule(schedule), JSON.stringify(tried.run))
    return tried
  }
  await work(tester)
  return runs
}

/** Those of them that come out otherwise when they are the first run of a tester. */
async function differing(together: Map<string, string>): Promise<string[]> {
  const differ: string[] = []
  for (const text of [...together.keys()].filter((_, place) => place % EVERY === 0)) {
    const { run } = await new Tester().try(parseSchedule(text))
    if (JSON.stringify(run) !== together.get(text)) differ.push(text)
  }
  return differ
}

const flows = FLOWS.filter(({ faults }) => faults > 0).filter(
  ({ name }, place) => place < 4 || name === 'redeliver during an attempt',
)

it.each(flows)('is so with every fault of a flow: $name', async (flow) => {
  const runs = await runsOf((tester) => tester.exhaust(flow, 1))
  expect(runs.size).toBeGreaterThan(EVERY)
  expect(await differing(runs)).toEqual([])
})

it('is so in histories by chance', async () => {
  const runs = await runsOf((tester) => tester.wander(7, 12))
  expect(runs.size).toBeGreaterThan(EVERY)
  expect(await differing(runs)).toEqual([])
})
