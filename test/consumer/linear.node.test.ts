// What refusing a webhook costs, whoever sends it: work in proportion to the body.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { recentIds, verify, type EventIds } from '../../src/consumer/index.ts'
import { AT, SECRET, sign, STRANGER } from './signed.ts'

/** How much longer the longer body is, and how much longer it may take at most: its square would be 64. */
const TIMES = 8
const AT_MOST = 32

/** Long enough to be measured where the time grows with the square, and of what is tried in all ways. */
const SHORT = 2 ** 13
/** Of these each is the fastest of so many, since other processes have the processor too. */
const RUNS = 5

/** Bodies of a length, each the worst for something that may be done to find out what it was. */
const BODIES: [string, (length: number) => string][] = [
  ['space in what is nearly base64', (length) => `a${' '.repeat(length)}!`],
  ['padding in what is nearly base64', (length) => `a${'='.repeat(length)}!`],
  ['space within JSON', (length) => `[${' '.repeat(length)}1]`],
  ['space after JSON', (length) => `{}${' '.repeat(length)}x`],
  ['many short texts', (length) => JSON.stringify(Array.from({ length: length / 4 }, () => 'a'))],
  [
    'many short escapes',
    (length) => JSON.stringify(Array.from({ length: length / 5 }, () => '\n')),
  ],
  ['one long text of escapes', (length) => JSON.stringify('\\'.repeat(length / 2).concat('/'))],
  ['deep nesting', (length) => '['.repeat(length / 2).concat(']'.repeat(length / 2))],
  ['quotation marks', (length) => '"'.repeat(length)],
  ['a text without an end', (length) => `["${String.raw`\a`.repeat(length / 2)}`],
  ['braces in what is nearly an event', (length) => toEvent('}'.repeat(length)).concat('x')],
  ['letters that may be Latin-1', (length) => 'é'.repeat(length / 2)],
]

afterEach(() => vi.restoreAllMocks())

describe('refusing a body', () => {
  it.each(BODIES)('takes time in proportion to it: %s', async (_, make) => {
    const { headers } = await sign({ secrets: [STRANGER] })
    const refuse = (body: string) => () => verify(body, headers, SECRET, AT)
    const short = await measure(refuse(make(SHORT)))
    const long = await measure(refuse(make(SHORT * TIMES)))
    // What takes next to no time at all has no ratio.
    expect(long).toBeLessThan(Math.max(short, 0.5) * AT_MOST)
  })

  it('reads each text in it once, and one without an escape not at all', async () => {
    const { headers } = await sign({ secrets: [STRANGER] })
    const parse = vi.spyOn(JSON, 'parse')
    await verify(JSON.stringify(Array.from({ length: 1000 }, () => 'a')), headers, SECRET, AT)
    expect(parse.mock.calls.length).toBeLessThan(10)
    await verify(JSON.stringify(Array.from({ length: 1000 }, () => '\n')), headers, SECRET, AT)
    expect(parse.mock.calls.length).toBeLessThan(1020)
  })
})

describe('recentIds', () => {
  it('takes as long to forget one of many as one of few', async () => {
    const few = await measure(() => addMany(recentIds(1000)))
    expect(await measure(() => addMany(recentIds(64_000)))).toBeLessThan(few * 8)
  })
})

function addMany(ids: EventIds): void {
  for (let id = 0; id < 100_000; id += 1) void ids.add(String(id))
}

/** The fewest milliseconds that it takes. */
async function measure(work: () => unknown): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now()
    await work()
    fewest = Math.min(fewest, performance.now() - started)
  }
  return fewest
}

function toEvent(note: string): string {
  return `{"id":"e","type":"t","created":1,"api_version":"1","data":{"call":{"id":"c","note":"${note}"}}}`
}
