// Quantiles of answer times, from what was counted by bucket.
import { z } from 'zod'
import { readStored } from '../stored-json.ts'
import { widthOf } from '../upkeep/buckets.ts'

/** What half, 95 and 99 of a hundred answers took at most, in ms; `count` is of how many answers. */
export type Quantiles = { p50: number; p95: number; p99: number; count: number }

/** A row's counts: JSON, a bucket's least ms and how many are in it; and the slowest of all. */
type Counted = { latencies: string; slowestMs: number }

type Bucket = { fromMs: number; count: number }

const Stored = z.record(z.string().regex(/^\d+$/), z.number())

/**
 * The quantiles of some rows together, undefined where nothing was counted. Each is in its true bucket, so
 * it is off by a quarter at most; within the bucket it is where even spread would have it.
 */
export function quantilesOf(rows: Counted[]): Quantiles | undefined {
  const buckets = mergeBuckets(rows)
  const count = buckets.reduce((total, bucket) => total + bucket.count, 0)
  if (count === 0) return undefined
  const slowestMs = Math.max(...rows.map((row) => row.slowestMs))
  const of = (share: number) => Math.min(slowestMs, place(buckets, Math.ceil(share * count)))
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99), count }
}

function mergeBuckets(rows: Counted[]): Bucket[] {
  const merged = new Map<number, number>()
  for (const { latencies } of rows) {
    for (const [key, count] of Object.entries(readStored(latencies, Stored, {}))) {
      const fromMs = Number(key)
      merged.set(fromMs, (merged.get(fromMs) ?? 0) + count)
    }
  }
  const buckets = [...merged].map(([fromMs, count]) => ({ fromMs, count }))
  return buckets.toSorted((a, b) => a.fromMs - b.fromMs)
}

/** About what the answer of a rank took, from 1. A bucket of whole ms ends one before the next begins. */
function place(buckets: Bucket[], rank: number): number {
  let before = 0
  for (const { fromMs, count } of buckets) {
    if (before + count >= rank) return fromMs + ((rank - before) / count) * (widthOf(fromMs) - 1)
    before += count
  }
  return Infinity
}
