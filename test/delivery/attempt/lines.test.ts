// The line that an isolate's successes share.
import { beforeEach, expect, it } from 'vitest'
import { noteSuccesses, tellWhenDue, type Noted } from '../../../src/delivery/attempt/lines.ts'
import type { LogLine } from '../../../src/world.ts'
import { World } from '../../world.ts'

const SUCCESS: Noted = {
  orgId: 'org',
  endpointId: 'endpoint',
  status: 'delivered',
  isManual: false,
  durationMs: 10,
}

let isolate: Awaited<ReturnType<World['engine']>>['isolate']
let clock: number
let lines: LogLine[]

beforeEach(async () => {
  ;({ isolate } = await (await World.create()).engine())
  clock = 1000
  lines = []
})

/** An invocation of the isolate. */
function invocation() {
  return { isolate, now: () => clock, log: (line: LogLine) => lines.push(line) }
}

function note(...some: Partial<Noted>[]): void {
  noteSuccesses(
    invocation(),
    some.map((one) => Object.assign({}, SUCCESS, one)),
  )
}

it('tells how many there were over what time, of how many orgs and endpoints, the median and the slowest', () => {
  note({ durationMs: 30 }, { durationMs: 9, endpointId: 'other' })
  clock += 10_000
  note({ durationMs: 100, endpointId: 'other' }, { endpointId: null, orgId: 'its own' })
  expect(lines).toEqual([
    {
      event: 'attempts_succeeded',
      count: 4,
      over_ms: 10_000,
      orgs: 2,
      endpoints: 3,
      p50_ms: 10,
      max_ms: 100,
    },
  ])
})

it('is written ten seconds after the first of them, once, by whichever invocation is next', () => {
  note({})
  clock += 9999
  note({})
  tellWhenDue(invocation())
  expect(lines).toEqual([])
  clock += 1
  tellWhenDue(invocation())
  expect(lines).toMatchObject([{ count: 2, over_ms: 10_000 }])
  clock += 60_000
  tellWhenDue(invocation())
  expect(lines).toHaveLength(1)
})

it('begins anew behind each line', () => {
  note({})
  clock += 10_000
  note({}, {})
  clock += 3000
  note({})
  clock += 9999
  tellWhenDue(invocation())
  expect(lines).toMatchObject([{ count: 3 }])
  clock += 1
  tellWhenDue(invocation())
  expect(lines).toMatchObject([{ count: 3 }, { count: 1, over_ms: 10_000 }])
})

it('is written at once for a hundred of them', () => {
  for (let noted = 0; noted < 99; noted += 1) note({})
  expect(lines).toEqual([])
  note({}, {})
  expect(lines).toMatchObject([{ count: 101, over_ms: 0 }])
})

it('leaves out what has a line of its own, and is not there when that is all', () => {
  note({ status: 'pending' }, { status: 'exhausted' }, { isManual: true })
  clock += 10_000
  tellWhenDue(invocation())
  expect(lines).toEqual([])
})
