// Quantiles of answer times are in their true bucket, whatever was answered and however it was counted.
import { env } from 'cloudflare:workers'
import { drizzle } from 'drizzle-orm/d1'
import { sql } from 'drizzle-orm'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addBuckets, bucketOf, widthOf } from '../../../src/db/upkeep/buckets.ts'
import { quantilesOf } from '../../../src/db/views/quantiles.ts'

const db = drizzle(env.DB)

/** Where the bucket of each begins, as the roll-up has it. */
async function bucketsOf(times: number[]): Promise<number[]> {
  const rows = await db.all<{ bucket: number }>(sql`
    SELECT ${bucketOf(sql`CAST(value AS INTEGER)`)} AS bucket FROM json_each(${JSON.stringify(times)})`)
  return rows.map(({ bucket }) => bucket)
}

function countedBy(buckets: number[]): string {
  const counts = Map.groupBy(buckets, (bucket) => bucket)
  return JSON.stringify(Object.fromEntries([...counts].map(([at, all]) => [at, all.length])))
}

describe('a bucket', () => {
  it('has each time from where it begins, and is at most a quarter as wide', async () => {
    const times = Array.from({ length: 20_000 }, (_, ms) => ms)
    const buckets = await bucketsOf(times)
    for (const [ms, from = -1] of buckets.entries()) {
      expect(ms).toBeGreaterThanOrEqual(from)
      expect(ms).toBeLessThan(from + widthOf(from))
      expect(widthOf(from)).toBeLessThanOrEqual(Math.max(1, from / 4))
    }
    expect(new Set(buckets).size).toBeLessThanOrEqual(70)
  })

  it('has what cannot be, too: before nothing, and without end', async () => {
    expect(await bucketsOf([-5, 20_000, 1e15])).toEqual([0, 20_000, 20_000])
  })
})

describe('counts by bucket', () => {
  it.each([
    ['{"5":1,"80":2}', '{"80":3,"100":1}', { 5: 1, 80: 5, 100: 1 }],
    ['{}', '{"7":1}', { 7: 1 }],
    ['{}', '{}', {}],
    ['no JSON', '{"7":1}', { 7: 1 }],
  ])('are added up: %s and %s', async (one, other, sum) => {
    const [row] = await db.all<{ sum: string }>(sql`
      SELECT ${addBuckets(sql`a`, sql`b`)} AS sum FROM (SELECT ${one} AS a, ${other} AS b)`)
    expect(JSON.parse(row?.sum ?? '')).toEqual(sum)
  })
})

describe('quantiles', () => {
  it('are in the bucket of the answer that they stand for, over rows that were counted apart', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 19_999 }), { minLength: 1, maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(times, fc.nat(300), async (all, cut) => {
        const buckets = await bucketsOf(all)
        const slowestMs = Math.max(...all)
        const rows = [buckets.slice(0, cut), buckets.slice(cut)].map((part) => ({
          latencies: countedBy(part),
          slowestMs,
        }))
        const found = quantilesOf(rows)
        const sorted = all.toSorted((a, b) => a - b)
        expect(found?.count).toBe(all.length)
        for (const [name, share] of [
          ['p50', 0.5],
          ['p95', 0.95],
          ['p99', 0.99],
        ] as const) {
          const place = Math.ceil(share * all.length) - 1
          const from = buckets.toSorted((a, b) => a - b)[place] ?? -1
          expect(found?.[name]).toBeGreaterThanOrEqual(from)
          expect(found?.[name]).toBeLessThan(from + widthOf(from))
          expect(Math.abs((found?.[name] ?? 0) - (sorted[place] ?? 0))).toBeLessThan(widthOf(from))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('are no more than the slowest, which what takes longest has as its only bound', () => {
    expect(quantilesOf([{ latencies: '{"20000":4}', slowestMs: 31_000 }])?.p99).toBe(31_000)
    expect(quantilesOf([{ latencies: '{"100":4}', slowestMs: 101 }])?.p99).toBe(101)
  })

  it.each(['', 'x', 'null', '[]', '{"a":1}', '{"5":"many"}', '{}'])(
    'are not known from %j',
    (latencies) => {
      expect(quantilesOf([{ latencies, slowestMs: 9 }])).toBeUndefined()
    },
  )
})
