// The words that queries about deliveries and endpoints share.
import { getTableColumns, sql, type SQL } from 'drizzle-orm'
import { OF_CALLS } from '../webhook/event-types.ts'
import { deliveries } from './schema.ts'
import { isPaused } from './stopped.ts'

/**
 * A delivery at one version: what a queue message carries, and what fences a write. With `copiedBy`, a replay, the
 * copy is meant that it makes of the delivery; it has one version, the first, and its status is its fence.
 */
export type DeliveryRef = { orgId: string; id: string; version: number; copiedBy?: string }

/** A step of a replay that is due: what a queue message carries, and what fences its write. */
export type StepRef = { orgId: string; replayId: string; step: number }

/** An endpoint of an org. */
export type EndpointRef = { orgId: string; endpointId: string }

/** The URL of an endpoint that nobody fetches, and of its deliveries: whoever listens to it takes them (X5). */
export const LISTEN_URL = 'listen:'

/** What a delivery can be; `pending` is also: parked while its endpoint is disabled, comes back or is listened to. */
export const STATUSES = ['pending', 'delivered', 'exhausted'] as const

/** One of STATUSES. */
export type DeliveryStatus = (typeof STATUSES)[number]

/** Where a redelivery goes: to the delivery's own URL, or to its endpoint's as it is now. */
export const RECIPIENTS = ['original', 'current'] as const

/** One of RECIPIENTS. */
export type Recipient = (typeof RECIPIENTS)[number]

/** Where a delivery stands in its table, in the order in which it goes from one to the next. */
export const STAGES = ['new', ...STATUSES] as const

/** One of STAGES: its status, but that what has not moved yet is `new`. */
export type Stage = (typeof STAGES)[number]

/** The stages that have a status. */
export function stagesOf(status: DeliveryStatus): Stage[] {
  return status === 'pending' ? ['new', 'pending'] : [status]
}

/**
 * SQL list for `stage IN`, which names them all: the primary key begins with the stage, so a query that
 * leaves it out, or asks for the status, walks every delivery there is.
 */
export const ANY_STAGE: SQL = sql`('new', 'pending', 'delivered', 'exhausted')`

/**
 * SQL list for `stage IN`: the stages of what is not over, of what is not new, or all, for the deliveries that a
 * row leads to, of which `from` is something. It names that because the planner takes a stage for a handful
 * of deliveries, and would begin an UPDATE … FROM with all of a stage instead of with the row.
 */
export function stagesFrom(from: SQL, which: 'open' | 'old' | 'any'): SQL {
  const [first, rest] = {
    open: [sql`'new'`, sql`'pending'`],
    old: [sql`'pending'`, sql`'delivered', 'exhausted'`],
    any: [sql`'new'`, sql`'pending', 'delivered', 'exhausted'`],
  }[which]
  return sql`(iif(${from} IS NULL, NULL, ${first}), ${rest})`
}

const {
  attempts: _log,
  stage: _place,
  lastFailure: _dated,
  ...summary
} = getTableColumns(deliveries)

/** A delivery's columns but for its attempt log, which a list never needs, and what nobody is told. */
export const DELIVERY_COLUMNS = summary

/** A delivery without its attempt log. */
export type Delivery = Omit<typeof deliveries.$inferSelect, 'attempts' | 'stage' | 'lastFailure'>

/** What customers are told of a delivery, its attempts aside. */
export type PublicDelivery = Omit<
  Delivery,
  'version' | 'sweepAt' | 'resumeAt' | 'isManual' | 'lapses' | 'redeliveredBy' | 'situation'
>

/** The id of the delivery that one waits for, as it is behind it in its call; null: it waits for none. */
export type LinedUp = { waitingFor: string | null }

/**
 * What a parked delivery waits for: that its endpoint is enabled, that the operator lets its org send, its turn at an
 * endpoint that recovers, or a listener.
 */
export type ParkedAs = 'held' | 'stopped' | 'paced' | 'offered'

/**
 * SQL expression: how the delivery `d` is parked, as ParkedAs says it. NULL: it is not, or its endpoint was
 * deleted, which ends it. Of one that is parked it reads a row more.
 */
export function parkedAs(d: 'd' | 'deliveries' = 'd'): SQL<ParkedAs | null> {
  const row = sql.raw(d)
  return sql<ParkedAs | null>`CASE ${row}.situation WHEN 'parked' THEN (
    SELECT CASE WHEN ep.status = 'disabled' THEN 'held' WHEN ${isPaused(sql`ep.org_id`)} THEN 'stopped' WHEN ep.url = ${LISTEN_URL} THEN 'offered'
      ELSE 'paced' END FROM endpoints ep
    WHERE ep.org_id = ${row}.org_id AND ep.id = ${row}.endpoint_id) END`
}

/** SQL condition: the delivery `d` is this one, whatever its stage. */
export function isDelivery(orgId: string, id: string | SQL, d: 'd' | 'deliveries' = 'd'): SQL {
  const row = sql.raw(d)
  return sql`${row}.org_id = ${orgId} AND ${row}.stage IN ${ANY_STAGE} AND ${row}.id = ${id}`
}

/** SQL condition: the delivery `d` is pending at the version of the reference, a JSON object. */
export function isCurrent(ref: SQL): SQL {
  return sql`d.org_id = ${ref}->>'orgId' AND d.stage IN ${stagesFrom(ref, 'open')} AND d.id = ${ref}->>'id'
    AND d.version = ${ref}->>'version'`
}

/**
 * SQL condition: the endpoint `ep` takes events of this type; `*` are those about calls. enabled_events is a JSON
 * list over a closed set of names, so a quoted name occurs or it does not.
 */
export function isSubscribed(type: SQL): SQL {
  return sql`(instr(ep.enabled_events, '"' || (${type}) || '"')
    OR instr(ep.enabled_events, '"*"') AND instr((${type}), ${OF_CALLS}) = 1)`
}

/** SQL condition: the org is deleted, and not all of it is gone yet. */
export function isDeleted(orgId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM deleted_orgs gone WHERE gone.org_id = ${orgId})`
}

/** SQL condition: the org is not here, or nothing of it may be written any more: it is moved away. */
export function isAway(orgId: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM departures away
    WHERE away.org_id = ${orgId} AND away.state IN ('leaving', 'gone'))`
}

/** SQL condition: the org is moved away, or is being copied; then nothing of it is pruned. */
export function isMoving(orgId: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM departures away WHERE away.org_id = ${orgId})`
}
