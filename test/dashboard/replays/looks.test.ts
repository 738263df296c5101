// How fast a replay is, from what an open page has seen.
import { describe, expect, it } from 'vitest'
import type { Replay } from '../../../src/db/replays/words.ts'
import { readLooks, sendsPerSecond, writeLooks } from '../../../src/dashboard/replays/looks.ts'

const START = 1_000_000_000_000
const S = 1000

function replay(changes: Partial<Replay>): Replay {
  return {
    orgId: '',
    id: '',
    status: 'running',
    filter: {},
    hasMissing: false,
    recipient: 'original',
    copiesTo: null,
    ratePerSecond: 20,
    reason: null,
    createdBy: '',
    createdAt: START,
    updatedAt: START,
    endedAt: null,
    fault: null,
    total: 1000,
    totalIsExact: true,
    replayed: 0,
    delivered: 0,
    failed: 0,
    skipped: {},
    heldEndpoints: [],
    remaining: 1000,
    etaAt: null,
    ...changes,
  }
}

/** An open page that looks every two seconds at a replay which sends so many a second, by slices of five. */
function watch(seconds: number, perSecond: (second: number) => number): (number | undefined)[] {
  const shown: (number | undefined)[] = []
  let text = ''
  let replayed = 0
  for (let second = 0; second <= seconds; second += 1) {
    if (second % 5 === 0) replayed += 5 * perSecond(second)
    if (second % 2 !== 0) continue
    const now = START + second * S
    const looks = readLooks(text)
    shown.push(sendsPerSecond(replay({ replayed }), looks, now))
    text = writeLooks(looks, { at: now, replayed })
  }
  return shown
}

describe('an open page', () => {
  it('tells how many are sent a second though they are sent by slices', () => {
    for (const rate of watch(120, () => 100).slice(15)) {
      expect(rate).toBeGreaterThan(70)
      expect(rate).toBeLessThan(135)
    }
  })

  it('sees within half a minute that it became slower, and stands still', () => {
    const rates = watch(200, (second) => (second < 60 ? 100 : second < 120 ? 10 : 0))
    expect(rates[48]).toBeLessThan(15)
    expect(rates[80]).toBe(0)
  })

  it('remembers two looks, however long it is open', () => {
    let text = ''
    for (let second = 0; second < 600; second += 2) {
      text = writeLooks(readLooks(text), { at: START + second * S, replayed: second })
    }
    expect(readLooks(text)).toHaveLength(2)
  })

  it.each([undefined, '', 'x', '1', '1.', '.1', '-1.x'])('reads no look from %j', (text) => {
    expect(readLooks(text)).toEqual([])
  })
})

describe('a replay that is over', () => {
  it('tells what it has sent a second on average', () => {
    const over = replay({ status: 'completed', replayed: 600, endedAt: START + 60 * S })
    expect(sendsPerSecond(over, [], START + 3600 * S)).toBe(10)
  })

  it('tells nothing of one that has only just begun', () => {
    expect(sendsPerSecond(replay({ replayed: 5 }), [], START + 1)).toBeUndefined()
  })
})
