// The buckets that answer times are counted in: narrow enough to tell quantiles, and few enough for a row to have them.
import { sql, type SQL } from 'drizzle-orm'

/** Below so many ms buckets are so wide: at most a quarter of where they begin. */
const WIDTHS = [
  { belowMs: 10, widthMs: 1 },
  { belowMs: 20, widthMs: 2 },
  { belowMs: 50, widthMs: 5 },
  { belowMs: 100, widthMs: 10 },
  { belowMs: 200, widthMs: 20 },
  { belowMs: 500, widthMs: 50 },
  { belowMs: 1000, widthMs: 100 },
  { belowMs: 2000, widthMs: 200 },
  { belowMs: 5000, widthMs: 500 },
  { belowMs: 10_000, widthMs: 1000 },
  { belowMs: 20_000, widthMs: 2000 },
]

/** Where the last bucket begins, which has no end. */
const LAST_MS = 20_000

/** How wide the bucket is that begins at so many ms. */
export function widthOf(bucketMs: number): number {
  return WIDTHS.find(({ belowMs }) => bucketMs < belowMs)?.widthMs ?? Infinity
}

/** SQL expression: where the bucket of a whole number of ms begins; NULL of NULL. */
export function bucketOf(ms: SQL): SQL {
  const arms = WIDTHS.map(({ belowMs, widthMs }) => {
    // Whole numbers in the SQL itself: D1 binds numbers as reals.
    const [below, width] = [sql.raw(String(belowMs)), sql.raw(String(widthMs))]
    return sql`WHEN ${ms} < ${below} THEN max(${ms}, 0) / ${width} * ${width}`
  })
  return sql`CASE WHEN ${ms} IS NULL THEN NULL ${sql.join(arms, sql` `)} ELSE ${sql.raw(String(LAST_MS))} END`
}

/** SQL expression: two counts by bucket as JSON, added up. What is no JSON counts nothing. */
export function addBuckets(one: SQL, other: SQL): SQL {
  return sql`(SELECT json_group_object(key, count) FROM (
    SELECT key, sum(value) AS count FROM (${eachOf(one)} UNION ALL ${eachOf(other)}) GROUP BY key))`
}

function eachOf(counts: SQL): SQL {
  return sql`SELECT key, value FROM json_each(iif(json_valid(${counts}), ${counts}, '{}'))`
}
