// Forgetting in the store: an event's payload is deleted, and what was still to be sent of it ends.
import { sql, type SQL } from 'drizzle-orm'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { eventIdSql, isOfEventSql } from '../ids.ts'
import { leavingToSweep } from '../ordering/let-follow.ts'
import { NO_CALL } from '../packed-call.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { ANY_STAGE } from '../words.ts'
import { ended, PAYLOAD_DELETED } from './ended.ts'

/** What it makes of a delivery that was pending. */
const BY_FORGETTING = { from: 'pending', to: 'exhausted', cause: 'forget' } as const

/** What is said of a refused URL, which was the payload's own, in its place. */
const GONE_WITH_IT = { url: '', message: 'It was deleted with the payload.' }

/** Whether the event is there, and so without its payload by now; and what has happened. */
export type Forgotten = { isThere: boolean; transitions: Transition[] }

/**
 * Deletes the payload of an event, ends what is pending of it, held, paced and offered deliveries included, and marks
 * all of its deliveries, in one transaction. What is in flight is fenced off: its answer is logged, and changes nothing.
 * Logged once; of an event that is without it already nothing changes. Writes the event, its entry, and a row for each
 * delivery, or two of what was pending.
 */
export async function forget(
  db: Database,
  actor: Actor,
  eventId: string,
  now: number,
): Promise<Forgotten> {
  const { orgId } = actor
  const isEvent = isEventOf(orgId, eventId)
  const change = { action: 'event.delete_payload', targetId: eventId, at: now } as const
  const waits = sql`FROM call_waits w
    WHERE w.org_id = ${orgId} AND ${isOfEventSql(sql`w.behind`, sql`${eventId}`)}`
  const { over, found } = await transaction(db, {
    deleted: audited(db, actor, change, statement(db, deletePayload(isEvent, now))),
    over: statement<Moved>(db, endPendingOf(orgId, eventId, now)),
    ...leavingToSweep(db, waits, now),
    marked: statement(db, markOthersOf(orgId, eventId, now)),
    found: statement(db, sql`SELECT 1 FROM events AS ev WHERE ${isEvent}`),
  })
  return { isThere: found.length > 0, transitions: ofDeliveries(over, BY_FORGETTING) }
}

/** SQL condition: the event `ev` is this one, be it listed under its call or, without deliveries, by itself. */
function isEventOf(orgId: string, eventId: string): SQL {
  const callId = sql`SELECT lower(d.call_id) FROM deliveries d WHERE ${isOfEvent(orgId, eventId)} LIMIT 1`
  return sql`ev.org_id = ${orgId} AND ev.listed_under = coalesce((${callId}), '') AND ev.id = ${eventId}`
}

function isOfEvent(orgId: string, eventId: string): SQL {
  return sql`d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE} AND ${isOfEventSql(sql`d.id`, sql`${eventId}`)}`
}

function deletePayload(isEvent: SQL, now: number): SQL {
  const skipped = sql`iif(ev.skipped -> '$.invalid_url' IS NULL, ev.skipped,
    json_set(ev.skipped, '$.invalid_url', json(${JSON.stringify(GONE_WITH_IT)})))`
  return sql`
    UPDATE events AS ev SET call = ${NO_CALL}, skipped = ${skipped}, payload_deleted_at = ${now}
    WHERE ${isEvent} AND ev.payload_deleted_at IS NULL`
}

/** SQL condition: the event of the delivery `d` has no payload any more, and the delivery does not know. */
const IS_TO_MARK: SQL = sql`d.payload_deleted_at IS NULL AND EXISTS (SELECT 1 FROM events ev
  WHERE ev.org_id = d.org_id AND ev.listed_under = lower(d.call_id)
    AND ev.id = ${eventIdSql(sql`d.id`)} AND ev.payload_deleted_at IS NOT NULL)`

function endPendingOf(orgId: string, eventId: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET ${ended(PAYLOAD_DELETED, now)}, payload_deleted_at = ${now}
    WHERE d.org_id = ${orgId} AND d.stage IN ('new', 'pending')
      AND ${isOfEventSql(sql`d.id`, sql`${eventId}`)} AND ${IS_TO_MARK}
    ${RETURNING_MOVED}`
}

// Their stage is not named, nor when they changed: to a replay they match as before, and it says why it passes them by.
function markOthersOf(orgId: string, eventId: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET payload_deleted_at = ${now}
    WHERE d.org_id = ${orgId} AND d.stage IN ('delivered', 'exhausted')
      AND ${isOfEventSql(sql`d.id`, sql`${eventId}`)} AND ${IS_TO_MARK}`
}
