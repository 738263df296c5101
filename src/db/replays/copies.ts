// The copies that replays send to another URL: how they are made, what comes of them, which nobody is on.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { isAway, stagesFrom, type DeliveryRef } from '../words.ts'
import { addToParts } from './parts.ts'

/** Copies of which one run of the cron takes those whose lease has ended, at most. */
const MAX_TAKEN = 1000

/** What came of the attempt at a copy, as its record has it. */
type CopyOutcome = DeliveryRef & {
  status: 'pending' | 'delivered' | 'exhausted'
  responseStatus: number | null
  error: string | null
}

/** How leases of copies end; in ms. One that has lapsed so often is given up. */
export type CopyLeases = { leaseMs: number; maxLeaseMs: number; maxLapses: number }

/** SQL: the beginning of the statement that makes copies, for a query of what `copyOf` gives. */
export const INSERT_COPIES: SQL = sql`
  INSERT INTO replay_copies (org_id, replay_id, delivery_id, endpoint_id, status, sweep_at, updated_at)`

/** SQL: what is stored of a copy that a replay makes of the delivery `d`, leased until an instant in Unix ms. */
export function copyOf(replayId: string, leasedUntil: SQL, now: number): SQL {
  return sql`d.org_id, ${replayId}, d.id, coalesce(d.endpoint_id, ''), 'pending', ${leasedUntil}, ${now}`
}

/** SQL condition: the copy `c` is the one that the reference, a JSON object, names, and it is to be sent. */
export function isPendingCopy(ref: SQL): SQL {
  return sql`${isCopy(ref)} AND c.status = 'pending'`
}

/** SQL condition: the delivery `d` is the one that the copy `c` was made of. */
export const IS_COPIED: SQL = sql`d.org_id = c.org_id
  AND d.stage IN ${stagesFrom(sql`c.delivery_id`, 'any')} AND d.id = c.delivery_id`

/**
 * The statements that record what came of copies, each with the entry of its attempt at the same place of a list,
 * and count it for their replays; none for none. Repeated, they change nothing.
 */
export function recordingCopies(
  db: Database,
  outcomes: CopyOutcome[],
  entries: string,
  now: number,
) {
  if (outcomes.length === 0) return {}
  const list = JSON.stringify(outcomes)
  return {
    copiesCounted: statement(db, countCopies(list)),
    copiesEnded: statement(db, endCopies(list, entries, now)),
  }
}

/**
 * The statements that take copies whose lease has ended, the longest ago first, and answer them with a new one.
 * What can be sent no more is failed instead: its delivery was pruned, its payload deleted, or its endpoint, and with it
 * what would sign it; or it has lapsed too often.
 */
export function takingLapsed(db: Database, now: number, leases: CopyLeases) {
  const lapsed = sql`(SELECT l.org_id, l.replay_id, l.delivery_id FROM replay_copies l
    WHERE l.sweep_at <= ${now} AND NOT ${isAway(sql`l.org_id`)}
    ORDER BY l.sweep_at LIMIT ${literal(MAX_TAKEN)})`
  const isLapsed = sql`(c.org_id, c.replay_id, c.delivery_id) IN ${lapsed}`
  const reason = whyNoMore(leases)
  const given = sql`SELECT c.org_id, c.replay_id, c.endpoint_id, 0 AS is_delivered, 0 AS is_late
    FROM replay_copies c WHERE ${isLapsed} AND ${reason} IS NOT NULL`
  return {
    copiesGivenUp: statement(db, addToParts(given)),
    copiesTaken: statement<DeliveryRef & { isOver: number }>(
      db,
      takeCopies(isLapsed, reason, now, leases),
    ),
  }
}

function isCopy(ref: SQL): SQL {
  return sql`c.org_id = ${ref}->>'orgId' AND c.replay_id = ${ref}->>'copiedBy'
    AND c.delivery_id = ${ref}->>'id'`
}

/** SQL condition: the outcome `a` makes of the copy `c` what it says: a success does, though another one failed. */
const TAKES_EFFECT: SQL = sql`(${isPendingCopy(sql`a.value`)}
  OR ${isCopy(sql`a.value`)} AND c.status = 'failed' AND a.value->>'status' = 'delivered')`

function countCopies(outcomes: string): SQL {
  return addToParts(sql`
    SELECT c.org_id, c.replay_id, c.endpoint_id, a.value->>'status' = 'delivered' AS is_delivered,
      c.status = 'failed' AS is_late
    FROM json_each(${outcomes}) a CROSS JOIN replay_copies c WHERE ${TAKES_EFFECT}`)
}

function endCopies(outcomes: string, entries: string, now: number): SQL {
  return sql`
    UPDATE replay_copies AS c SET status = iif(a.value->>'status' = 'delivered', 'delivered', 'failed'),
      sweep_at = NULL, response_status = a.value->>'responseStatus', error = a.value->>'error',
      updated_at = ${now}, entry = json_extract(${entries}, '$[' || a.key || ']')
    FROM json_each(${outcomes}) a WHERE ${TAKES_EFFECT}`
}

/** SQL expression: why the copy `c`, whose lease has ended, is not sent again; NULL: it is. */
function whyNoMore({ maxLapses }: CopyLeases): SQL {
  return sql`(CASE WHEN c.lapses >= ${maxLapses} THEN 'could not be processed'
    WHEN c.endpoint_id <> '' AND NOT EXISTS (SELECT 1 FROM endpoints ep
      WHERE ep.org_id = c.org_id AND ep.id = c.endpoint_id) THEN 'endpoint deleted'
    WHEN NOT EXISTS (SELECT 1 FROM deliveries d WHERE ${IS_COPIED}) THEN 'delivery pruned'
    WHEN EXISTS (SELECT 1 FROM deliveries d WHERE ${IS_COPIED} AND d.payload_deleted_at IS NOT NULL)
      THEN 'payload deleted' END)`
}

function takeCopies(
  isLapsed: SQL,
  reason: SQL,
  now: number,
  { leaseMs, maxLeaseMs }: CopyLeases,
): SQL {
  const lease = sql`min(${maxLeaseMs}, ${leaseMs} << min(c.lapses, 16))`
  return sql`
    UPDATE replay_copies AS c SET lapses = c.lapses + 1, updated_at = ${now},
      status = iif(${reason} IS NULL, 'pending', 'failed'), error = ${reason},
      sweep_at = iif(${reason} IS NULL, ${now} + ${lease}, NULL)
    WHERE ${isLapsed}
    RETURNING org_id AS "orgId", delivery_id AS id, 1 AS version, replay_id AS "copiedBy",
      status = 'failed' AS "isOver"`
}
