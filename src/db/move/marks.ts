// The marks of a move in the two databases: what may be written where, asked in the same transaction.
import { sql, type SQL } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, systemIn, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { lowestIdSql } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { COUNTED_UNTIL, countInto } from '../upkeep/roll-up.ts'
import { countUsage } from '../upkeep/usage.ts'

/** Which move of an org: its moves are numbered from 1, and a later one ends whatever an earlier one still does. */
export type MoveRef = { orgId: string; number: number }

/** `copying`: while it is elsewhere, and changes; `settling`: as it is in the end, since nobody writes there. */
export type Step = 'copying' | 'settling'

/** A move as it arrives. */
export type Arrival = MoveRef & { step: Step }

/** SQL condition: this move is at this step, seen from where the org comes to. */
export function isArriving({ orgId, number, step }: Arrival): SQL {
  return sql`EXISTS (SELECT 1 FROM arrivals here WHERE here.org_id = ${orgId}
    AND here.number = ${number} AND here.step = ${step})`
}

/** SQL condition: no later move has brought the org back to where this one takes it away from. */
function isLatest({ orgId, number }: MoveRef): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM arrivals here WHERE here.org_id = ${orgId}
    AND here.number > ${number})`
}

/**
 * Marks the org as one that is copied, where it is: from now on nothing of it is pruned. The move stands in
 * its audit log from here, and goes along.
 */
export async function markCopying(
  db: Database,
  move: MoveRef,
  actor: Actor,
  change: { id: string; at: number; details: Record<string, string> },
): Promise<void> {
  const { orgId } = move
  await transaction(db, {
    marked: {
      first: statement(
        db,
        sql`INSERT INTO departures (org_id, state) SELECT ${orgId}, 'copying'
          WHERE ${isLatest(move)} ON CONFLICT (org_id) DO NOTHING`,
      ),
      second: auditIf(db, JUST_CHANGED, actor, { action: 'org.move', targetId: orgId, ...change }),
    },
  })
}

/** Has the other database wait for it: its own jobs, and whoever asks for the org there, leave it alone. */
export async function markAwaited(db: Database, { orgId, number }: MoveRef): Promise<void> {
  const arrival = { orgId, number, step: 'copying' } as const
  await transaction(db, {
    awaited: statement(
      db,
      sql`INSERT INTO arrivals (org_id, number, step) VALUES (${orgId}, ${number}, 'copying')
        ON CONFLICT (org_id) DO UPDATE SET number = excluded.number, step = excluded.step,
          counted_to = NULL
        WHERE arrivals.number < excluded.number`,
    ),
    closed: statement(
      db,
      sql`INSERT INTO departures (org_id, state) SELECT ${orgId}, 'gone'
        WHERE ${isArriving(arrival)} ON CONFLICT (org_id) DO NOTHING`,
    ),
  })
}

/**
 * The fence: from here on nothing of the org is written where it is. What the charts had counted by then is
 * noted with it. Answers that; undefined when the org is not to be fenced by this move any more.
 */
export async function fence(
  db: Database,
  move: MoveRef,
): Promise<{ countedTo: string | null } | undefined> {
  const { orgId } = move
  const { fenced } = await transaction(db, {
    made: statement(
      db,
      sql`UPDATE departures SET state = 'leaving', counted_to = ${lowestIdSql(COUNTED_UNTIL)}
        WHERE org_id = ${orgId} AND state = 'copying' AND ${isLatest(move)}`,
    ),
    fenced: statement<{ countedTo: string | null }>(
      db,
      sql`SELECT counted_to AS "countedTo" FROM departures
        WHERE org_id = ${orgId} AND state = 'leaving'`,
    ),
  })
  return fenced[0]
}

/** From here on what is copied is final: what was read before the fence is not written any more. */
export async function markSettling(
  db: Database,
  { orgId, number }: MoveRef,
  countedTo: string | null,
): Promise<void> {
  await db.run(sql`UPDATE arrivals SET step = 'settling', counted_to = ${countedTo}
    WHERE org_id = ${orgId} AND number = ${number} AND step = 'copying'`)
}

/** Closes the old place for good: it answers nothing of the org any more. */
export async function markGone(db: Database, move: MoveRef): Promise<void> {
  const { orgId } = move
  await db.run(sql`UPDATE departures SET state = 'gone'
    WHERE org_id = ${orgId} AND state = 'leaving' AND ${isLatest(move)}`)
}

/**
 * Opens the new place. What its roll-up has counted of the others by now, and the old place had not of this
 * org, is counted with it, for charts and quotas; what the old one had and this has not is left out by the roll-up. The
 * org's audit log says that it has arrived, with these `details`.
 */
export async function open(
  db: Database,
  { orgId, number }: MoveRef,
  { at, details }: { at: number; details: Record<string, string> },
): Promise<void> {
  const arrival = { orgId, number, step: 'settling' } as const
  const countedTo = sql`coalesce((SELECT here.counted_to FROM arrivals here
    WHERE here.org_id = ${orgId}), '')`
  const isDue = isArriving(arrival)
  const isCounted = (id: SQL) =>
    sql`${id} >= ${countedTo} AND ${id} < ${lowestIdSql(COUNTED_UNTIL)}`
  const isUncounted = sql`d.org_id = ${orgId} AND ${isDue} AND ${isCounted(sql`d.id`)}`
  const isOfOrg = (id: SQL) => sql`orgs.id = ${orgId} AND ${isCounted(id)}`
  await transaction(db, {
    counted: statement(db, countInto(sql`deliveries d`, isUncounted, sql`true`)),
    usage: countUsage(db, { isCounted: isOfOrg, isDue }),
    // Each only with the very statement before: a repetition must not open what is closed by a later move.
    arrived: {
      first: statement(
        db,
        sql`UPDATE arrivals SET step = 'here'
          WHERE org_id = ${orgId} AND number = ${number} AND step = 'settling'`,
      ),
      second: auditIf(db, JUST_CHANGED, systemIn(orgId), {
        action: 'org.arrive',
        targetId: orgId,
        at,
        details,
      }),
      third: statement(db, sql`DELETE FROM departures WHERE org_id = ${orgId} AND ${JUST_CHANGED}`),
    },
  })
}
