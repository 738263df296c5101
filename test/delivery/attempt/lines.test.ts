// The line that a set's successes share.
import { expect, it } from 'vitest'
import { logSuccesses, type Success } from '../../../src/delivery/attempt/lines.ts'
import type { LogLine } from '../../../src/world.ts'

const SUCCESS: Success = {
  orgId: 'org',
  endpointId: 'endpoint',
  status: 'delivered',
  isManual: false,
  durationMs: 10,
}

/** What is logged of such attempts. */
function logged(...some: Partial<Success>[]): LogLine[] {
  const lines: LogLine[] = []
  const attempts = some.map((one) => Object.assign({}, SUCCESS, one))
  logSuccesses({ log: (line) => lines.push(line) }, 'retry', attempts)
  return lines
}

it('tells how many there are, of how many orgs and endpoints, the median and the slowest', () => {
  const other = { endpointId: 'other' }
  expect(
    logged(
      { durationMs: 30 },
      { durationMs: 9, ...other },
      { durationMs: 100, ...other },
      { endpointId: null, orgId: 'its own' },
    ),
  ).toEqual([
    {
      event: 'attempts_succeeded',
      lane: 'retry',
      count: 4,
      orgs: 2,
      endpoints: 3,
      p50_ms: 10,
      max_ms: 100,
    },
  ])
})

it('leaves out what has a line of its own, and is not there when that is all', () => {
  const own: Partial<Success>[] = [
    { status: 'pending' },
    { status: 'exhausted' },
    { isManual: true },
  ]
  expect(logged(...own, {})).toMatchObject([{ count: 1 }])
  expect(logged(...own)).toEqual([])
})
