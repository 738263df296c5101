// A run after other runs is what it is alone.
import { expect, it } from 'vitest'
import { FLOWS } from './schedules/flows.ts'
import { explore } from './schedules/explore.ts'
import { formatSchedule, parseSchedule } from './schedules/schedule.ts'
import { Tester } from './tester.ts'

it.each(FLOWS.slice(0, 4))('Trail changes nothing of: $name', async (flow) => {
  const together = new Map<string, string>()
  const tester = new Tester()
  await explore(flow, 1, async (schedule) => {
    const { run } = await tester.try(schedule)
    together.set(formatSchedule(schedule), JSON.stringify(run))
    return run
  })
  for (const text of [...together.keys()].filter((_, place) => place % 23 === 0)) {
    expect(JSON.stringify((await new Tester().try(parseSchedule(text))).run)).toBe(
      together.get(text),
    )
  }
})
