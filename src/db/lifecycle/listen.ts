// Listening in the store: who listens to an endpoint, what is offered to it, and what nobody listens to any more.
import { sql, type SQL } from 'drizzle-orm'
import { SYSTEM, type Actor } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { isPaused } from '../stopped.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { isCurrent, isMoving, LISTEN_URL, type DeliveryRef, type EndpointRef } from '../words.ts'
import { deleteEndpoint } from './delete-endpoint.ts'

/** Deliveries of one endpoint that are looked through at a time: more are parked only while nobody answers. */
const LOOKED_THROUGH = 1000

/** Endpoints that one run of the upkeep removes. */
const REMOVED_A_RUN = 10

/** Who listens, by the id of its stream. */
export type Listener = EndpointRef & { listener: string }

/** SQL condition: the endpoint `ep` is this one, and of those that are listened to. */
function isListenedTo({ orgId, endpointId }: EndpointRef): SQL {
  return sql`ep.org_id = ${orgId} AND ep.id = ${endpointId} AND ep.url = ${LISTEN_URL}`
}

/** SQL condition: the delivery `p` is parked for the endpoint `ep`, which is enabled and not stopped, and due. */
function isOffered(now: number): SQL {
  return sql`ep.status = 'enabled' AND NOT ${isPaused(sql`ep.org_id`)} AND p.org_id = ep.org_id AND p.stage = 'pending' AND p.id IN (
      SELECT b.id FROM deliveries b INDEXED BY deliveries_parked
      WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.sweep_at IS NULL AND b.org_id = ep.org_id
      ORDER BY b.id LIMIT ${literal(LOOKED_THROUGH)})
    AND p.next_attempt_at <= ${now}`
}

/** Whether there is anything to listen to, and what has happened. */
export type Begun = { isBegun: boolean; transitions: Transition[] }

/**
 * Makes this the one that listens: whoever did before finds out. What that has not answered is offered again at once,
 * because nobody knows whether it has got it.
 */
export async function beginListening(db: Database, one: Listener): Promise<Begun> {
  const done = await transaction(db, {
    begun: statement(
      db,
      sql`UPDATE endpoints AS ep SET listener = ${one.listener} WHERE ${isListenedTo(one)} RETURNING true`,
    ),
    returned: statement<Moved>(db, offerAgain(one)),
  })
  const change = { from: 'pending', to: 'parked', cause: 'not_sent_to' } as const
  return {
    isBegun: done.begun.length > 0,
    transitions: ofDeliveries(done.returned, change),
  }
}

function offerAgain(one: Listener): SQL {
  return sql`
    UPDATE deliveries SET sweep_at = NULL WHERE (stage, org_id, id) IN (
      SELECT p.stage, p.org_id, p.id FROM endpoints ep CROSS JOIN deliveries p
      WHERE ${isListenedTo(one)} AND ep.listener = ${one.listener}
        AND p.org_id = ep.org_id AND p.stage = 'pending' AND p.sweep_at > p.next_attempt_at AND p.id IN (
          SELECT b.id FROM deliveries b INDEXED BY deliveries_by_endpoint
          WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.stage <> 'new' AND +b.org_id = ep.org_id
          LIMIT ${literal(LOOKED_THROUGH)}))
    ${RETURNING_MOVED}`
}

/**
 * What a listener sees: whether it is the one that listens still, or what it listens to is gone; whether anything is
 * due; and how much of what it was handed has no answer.
 */
export type Seen = {
  state: 'listening' | 'replaced' | 'gone'
  isDue: boolean
  unanswered: DeliveryRef[]
}

/** Looks: two rows read while nothing is due. */
export async function look(
  db: Database,
  one: Listener,
  handed: DeliveryRef[],
  now: number,
): Promise<Seen> {
  const [row] = await db.all<{ listener: string; isDue: number; unanswered: string }>(sql`
    SELECT ep.listener, EXISTS (SELECT 1 FROM deliveries p WHERE ${isOffered(now)}) AS "isDue",
      (SELECT json_group_array(json(ref.value))
        FROM json_each(${JSON.stringify(handed)}) ref CROSS JOIN deliveries d
        WHERE ${isCurrent(sql`ref.value`)} AND d.sweep_at > ${now}) AS unanswered
    FROM endpoints ep WHERE ${isListenedTo(one)}`)
  if (!row) return { state: 'gone', isDue: false, unanswered: [] }
  const state = row.listener === one.listener ? 'listening' : 'replaced'
  // They are some of those that were handed in.
  return { state, isDue: row.isDue === 1, unanswered: JSON.parse(row.unanswered) as DeliveryRef[] }
}

/** Takes what is due, oldest first, at most `limit`, with a lease: no other listener has it meanwhile. */
export async function takeOffered(
  db: Database,
  one: Listener,
  { now, leaseMs, limit }: { now: number; leaseMs: number; limit: number },
): Promise<{ taken: DeliveryRef[]; transitions: Transition[] }> {
  const taken = await db.all<Moved & DeliveryRef>(sql`
    UPDATE deliveries SET sweep_at = ${now + leaseMs}
    WHERE (stage, org_id, id) IN (
      SELECT p.stage, p.org_id, p.id FROM endpoints ep CROSS JOIN deliveries p
      WHERE ${isListenedTo(one)} AND ep.listener = ${one.listener} AND ${isOffered(now)}
      ORDER BY p.id LIMIT ${literal(limit)})
    ${RETURNING_MOVED}, version`)
  const transitions = ofDeliveries(taken, { from: 'parked', to: 'pending', cause: 'listener' })
  return { taken, transitions }
}

/** Endpoints that nobody has listened to since `before`, in Unix ms: the longest first. */
export function listUnheard(db: Database, before: number): Promise<EndpointRef[]> {
  return db.all<EndpointRef>(sql`
    SELECT ep.org_id AS "orgId", ep.id AS "endpointId" FROM endpoints ep
    WHERE ep.listener < ${lowestIdAt(before)} AND NOT ${isMoving(sql`ep.org_id`)}
    ORDER BY ep.listener LIMIT ${literal(REMOVED_A_RUN)}`)
}

/** Deletes such an endpoint, unless somebody has begun to listen meanwhile. */
export async function removeUnheard(
  db: Database,
  { orgId, endpointId }: EndpointRef,
  before: number,
  now: number,
): Promise<Transition[]> {
  const actor: Actor = { orgId, name: SYSTEM, ip: null, requestId: SYSTEM }
  const isUnheard = sql`ep.listener < ${lowestIdAt(before)}`
  return (await deleteEndpoint(db, actor, endpointId, now, isUnheard)).transitions
}
