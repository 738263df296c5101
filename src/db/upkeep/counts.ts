// What isolates have counted, each in rows of its own, added up into one.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { literal, statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { readStored } from '../stored-json.ts'
import { transaction } from '../transaction.ts'

/** Rows that are added up at once, and read, at most: of 500 isolates that is what they write in 10 minutes. */
const MAX_ROWS = 10_000

/** Rows are added up when they are so old, in ms: no writer is still at them. */
const SETTLED_MS = 5 * 60_000

/** How deep a queue was is told for so long, in ms. */
const DEPTH_TOLD_MS = 10 * 60_000

/** Names with a number each. */
export type Numbers = Record<string, number>

const Stored = z.record(z.string(), z.number())

/** The id of what has been added up; it comes before all others. */
const SUM = ''

/** Writes down what was counted, once for each `id`: one row. */
export async function noteCounts(
  db: Database,
  id: string,
  { counts, depths }: { counts: Numbers; depths: Numbers },
): Promise<void> {
  await db.run(sql`
    INSERT INTO counts (id, counts, depths) VALUES (${id}, ${JSON.stringify(counts)}, ${JSON.stringify(depths)})
    ON CONFLICT (id) DO NOTHING`)
}

/** Adds up what has settled at an instant (Unix ms). Repeating it changes nothing; the sum never falls. */
export async function addUpCounts(db: Database, now: number): Promise<void> {
  const settled = sql`SELECT id, counts FROM counts WHERE id < ${lowestIdAt(now - SETTLED_MS)}
    ORDER BY id LIMIT ${literal(MAX_ROWS)}`
  await transaction(db, {
    added: statement(
      db,
      sql`INSERT INTO counts (id, counts) SELECT ${SUM}, json_group_object(series, total)
        FROM (${addUp(settled)}) HAVING EXISTS (SELECT 1 FROM (${settled}) WHERE id <> ${SUM})
        ON CONFLICT (id) DO UPDATE SET counts = excluded.counts`,
    ),
    deleted: statement(
      db,
      sql`DELETE FROM counts WHERE id <> ${SUM} AND id IN (SELECT id FROM (${settled}))`,
    ),
  })
}

/**
 * All that was ever counted, by series; and how deep each queue was when it last said so, if that is not long
 * ago (Unix ms). The oldest rows come first, so that no count falls, however many there are.
 */
export async function readCounts(
  db: Database,
  now: number,
): Promise<{ counts: Numbers; depths: Numbers }> {
  const oldest = sql`SELECT counts FROM counts ORDER BY id LIMIT ${literal(MAX_ROWS)}`
  const { totals, told } = await transaction(db, {
    totals: statement<{ series: string; total: number }>(db, addUp(oldest)),
    told: statement<{ depths: string }>(
      db,
      sql`SELECT depths FROM counts WHERE id >= ${lowestIdAt(now - DEPTH_TOLD_MS)} AND depths <> '{}'
        ORDER BY id DESC LIMIT 100`,
    ),
  })
  const depths = told.map((row) => readStored(row.depths, Stored, {}))
  return {
    counts: Object.fromEntries(totals.map(({ series, total }) => [series, total])),
    depths: Object.assign({}, ...depths.toReversed()),
  }
}

/** SQL: each series of these rows with the sum of its counts. What is no JSON counts nothing. */
function addUp(rows: SQL): SQL {
  return sql`SELECT one.key AS series, sum(one.value) AS total FROM (${rows}) AS row
    CROSS JOIN json_each(iif(json_valid(row.counts), row.counts, '{}')) one GROUP BY one.key`
}
