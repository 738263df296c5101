// Replays as customers see them: listed, and looked at.
import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { replays } from './schema.ts'
import { CANARY, readFilter, SKIP_CAUSES, type Replay, type SkipCause } from './words.ts'

/** The sums of a replay's parts; the members are null where it has none. */
type Counts = {
  replayed: number | null
  delivered: number | null
  failed: number | null
  skipped: Record<SkipCause, number | null>
  held: string[]
}

type Row = typeof replays.$inferSelect & { counts: Counts }

const COLUMNS = getTableColumns(replays)

const SHOWN = {
  ...COLUMNS,
  // selectCounts wrote it.
  counts: sql`(${selectCounts()})`
    .mapWith((text: string) => JSON.parse(text) as Counts)
    .as('counts'),
}

/** One page, newest first, in one round trip; it reads the parts of each. */
export async function listReplays(db: Database, orgId: string, page: Page): Promise<Paged<Replay>> {
  const rows = await db
    .select(SHOWN)
    .from(replays)
    .where(and(eq(replays.orgId, orgId), isBeyondCursor(replays.id, page)))
    .orderBy(nearestFirst(replays.id, page))
    .limit(rowsToRead(page))
  return toPage(rows.map(toReplay), page)
}

/** The replay, or undefined when it is not there or another org's. */
export async function findReplay(
  db: Database,
  orgId: string,
  id: string,
): Promise<Replay | undefined> {
  const [row] = await selectReplay(db, orgId, id)
  return row && toReplay(row)
}

/** The query for one as `toReplay` reads it: one row, or none. */
export function selectReplay(db: Database, orgId: string, id: string) {
  return db
    .select(SHOWN)
    .from(replays)
    .where(and(eq(replays.orgId, orgId), eq(replays.id, id)))
}

/** A row as it is shown. */
export function toReplay({ counts: sums, step: _fence, nextStepAt, ...row }: Row): Replay {
  const replayed = sums.replayed ?? 0
  const seen = SKIP_CAUSES.reduce((sum, cause) => sum + (sums.skipped[cause] ?? 0), replayed)
  const unseen = Math.max(0, row.total - seen)
  const isThrough = row.status === 'completed'
  // A delivery that changed in time is where its walk does not come by.
  const changed = (sums.skipped.changed ?? 0) + (isThrough ? unseen : 0)
  const skipped = SKIP_CAUSES.flatMap((cause) => {
    const count = cause === 'changed' ? changed : (sums.skipped[cause] ?? 0)
    return count > 0 ? [[cause, count] as const] : []
  })
  const remaining = isThrough ? 0 : unseen
  return {
    ...row,
    filter: readFilter(row.filter) ?? {},
    replayed,
    delivered: sums.delivered ?? 0,
    failed: sums.failed ?? 0,
    skipped: Object.fromEntries(skipped),
    heldEndpoints: sums.held,
    remaining,
    etaAt: nextStepAt === null ? null : nextStepAt + (remaining / row.ratePerSecond) * 1000,
  }
}

/** The query for what a key keeps of a replay, on a condition: `readKeptReplay` reads it. */
export function keepReplay(orgId: string, id: string, condition: SQL): SQL {
  return sql`SELECT json_object('row', ${rowAsJson(COLUMNS, 'replays')}, 'counts', json((${selectCounts()})))
      AS snapshot FROM replays WHERE org_id = ${orgId} AND id = ${id} AND ${condition}`
}

/** Reads what a key has kept of a replay. */
export function readKeptReplay(kept: unknown): Replay {
  // keepReplay wrote it.
  const { row, counts } = kept as { row: unknown; counts: Counts }
  // From these columns.
  return toReplay({ ...(readRow(COLUMNS, row) as typeof replays.$inferSelect), counts })
}

// A column in a query of one table has no table before it in drizzle's SQL, so here they are by hand.
function selectCounts(): SQL {
  const skipped = SKIP_CAUSES.map((cause) => {
    const name = sql.raw(`'${cause}'`)
    return sql`${name}, sum(p.skipped->>${name})`
  })
  return sql`SELECT json_object('replayed', sum(p.replayed), 'delivered', sum(p.delivered),
      'failed', sum(p.failed), 'skipped', json_object(${sql.join(skipped, sql`, `)}),
      'held', json_group_array(p.endpoint_id) FILTER (WHERE p.endpoint_id <> '' AND NOT p.is_over
        AND NOT p.is_proven AND p.canary_failed >= ${sql.raw(String(CANARY))}))
    FROM replay_parts p WHERE p.org_id = replays.org_id AND p.replay_id = replays.id`
}
