// The runbook: each of its signals is brought about by the command that stands there, and ends by what it says.
import { expect, it } from 'vitest'
import runbook from '../../.github/RUNBOOK.md?raw'
import { COUNTERS } from '../../src/metrics.ts'
import { PROVOKED } from './provoked.ts'

it.each(Object.entries(PROVOKED))('provokes: %s', async (_, provoke) => {
  expect.hasAssertions()
  await provoke()
})

it('is told in the runbook, each signal with its command', () => {
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, name = '']) => name.toLowerCase())
  const commands = [
    ...runbook.matchAll(/^npx vitest run test\/runbook -t 'provokes: (.+)'$/gm),
  ].map(([, name]) => name)
  expect(commands).toEqual(Object.keys(PROVOKED))
  expect(headings).toEqual(commands.map((name) => name?.toLowerCase()))
})

it('names metrics that there are', () => {
  const counted = [...runbook.matchAll(/`callingbox_(\w+_total)/g)].map(([, name = '']) => name)
  expect(counted.length).toBeGreaterThan(5)
  for (const name of counted) expect(Object.keys(COUNTERS)).toContain(name)
})
