// Pruning: what is past its time is deleted, at most so many rows a statement.
import { sql, type SQL } from 'drizzle-orm'
import { dayOf } from '../../quotas.ts'
import { literal, statement, type Database } from '../client.ts'
import { IDEMPOTENCY_TTL_MS } from '../idempotency.ts'
import { eventIdSql, isOfEventSql, lowestIdAt } from '../ids.ts'
import { isLined, pruningLined, type Lined } from '../ordering/prune-lined.ts'
import { transaction } from '../transaction.ts'
import { HOUR_MS } from '../upkeep/roll-up.ts'
import { ANY_STAGE, isMoving } from '../words.ts'
import { forgetUnreferred } from './delete-endpoint.ts'

/** The instant it is, and those before which deliveries and the audit log are too old; Unix ms. */
export type Ages = { now: number; before: number; auditBefore: number }

/** How long a dead letter counts, in ms: a day. */
export const DEAD_LETTER_TTL_MS = 24 * 3600 * 1000

/** Hours for which what charts are drawn from is kept: 30 days. */
const KEEP_STATS_HOURS = 30 * 24

/** Deletes at most `limit` rows of its kind that are past their time; answers how many. */
export type Pruning = (db: Database, ages: Ages, limit: number) => Promise<number>

/** Deliveries pruned in one round: their list is a parameter of some 200 bytes each, and D1 binds 2 MB. */
const DELIVERIES_A_ROUND = 5000

type Prunable = {
  orgId: string
  id: string
  listedUnder: string
  endpointId: string | null
} & Lined

/**
 * Prunes finished deliveries made and last changed before `before`, and with its last delivery each one's
 * event, and what was left of its endpoint if that was deleted. In one transaction, so that none of these
 * is ever left without a delivery that leads to it. What has changed since it was listed stays.
 */
export const pruneDeliveries: Pruning = async (db, { before }, wanted) => {
  const limit = Math.min(wanted, DELIVERIES_A_ROUND)
  const isOver = sql`p.stage IN ('delivered', 'exhausted') AND p.id < ${lowestIdAt(before)}
    AND p.updated_at < ${before}`
  const prunable = await db.all<Prunable>(sql`
    ${inParts('deliveries', isOver, limit)}
    SELECT d.org_id AS "orgId", d.id, lower(d.call_id) AS "listedUnder", d.endpoint_id AS "endpointId",
      ${isLined(sql`d`)}
    FROM due o CROSS JOIN deliveries d
    WHERE d.org_id = o.id AND d.stage IN ('delivered', 'exhausted') AND d.id IN (
      SELECT p.id FROM deliveries p WHERE p.org_id = o.id AND ${isOver} LIMIT ${partOf(limit)})`)
  if (prunable.length === 0) return 0
  const refs = JSON.stringify(prunable)
  await transaction(db, {
    deliveries: statement(db, deleteFinished(refs, before)),
    events: statement(db, deleteEventsOf(refs)),
    ...pruningLined(db, prunable),
    endpoints: statement(db, forgetUnreferred(endpointsOf(prunable))),
  })
  return prunable.length
}

/** Replays pruned in one round, each with its parts, of which it may have some hundred. */
const REPLAYS_A_ROUND = 500

/**
 * Prunes replays that were over before `before`, each with its parts, in one transaction. Copies may be many: a
 * replay goes with the last of them.
 */
export const pruneReplays: Pruning = async (db, { before }, wanted) => {
  const limit = Math.min(wanted, REPLAYS_A_ROUND)
  const isOver = sql`p.ended_at < ${before}`
  const prunable = await db.all(sql`
    ${inParts('replays', isOver, limit)}
    SELECT r.org_id AS "orgId", r.id FROM due o CROSS JOIN replays r
    WHERE r.org_id = o.id AND r.id IN (
      SELECT p.id FROM replays p WHERE p.org_id = o.id AND ${isOver} LIMIT ${partOf(limit)})`)
  if (prunable.length === 0) return 0
  const refs = JSON.stringify(prunable)
  await transaction(db, {
    copies: statement(db, deleteCopiesOf(refs, wanted)),
    parts: statement(db, deletePartsOf(refs)),
    replays: statement(db, deleteReplays(refs)),
  })
  return prunable.length
}

/** Prunes events that made no delivery. */
export const pruneLoneEvents: Pruning = (db, { before }, limit) =>
  pruneOfOrgs(db, {
    table: 'events',
    key: 'listed_under, id',
    isOver: sql`p.listed_under = '' AND p.id < ${lowestIdAt(before)}`,
    limit,
  })

/** Prunes entries of the audit log. */
export const pruneAuditLog: Pruning = (db, { auditBefore }, limit) =>
  pruneOfOrgs(db, {
    table: 'audit_log',
    key: 'id',
    isOver: sql`p.id < ${lowestIdAt(auditBefore)}`,
    limit,
  })

/** Prunes what charts are drawn from. */
export const pruneStats: Pruning = (db, { now }, limit) =>
  pruneOfOrgs(db, {
    table: 'hourly_stats',
    key: 'hour, endpoint_id',
    isOver: sql`p.hour < ${Math.floor(now / HOUR_MS) - KEEP_STATS_HOURS}`,
    limit,
  })

/** Prunes what orgs have sent on days of which nothing is left. */
export const pruneUsage: Pruning = (db, { before }, limit) =>
  pruneOfOrgs(db, {
    table: 'usage',
    key: 'day',
    isOver: sql`p.day < ${dayOf(before)}`,
    limit,
  })

/** Prunes Idempotency-Keys, oldest first. */
export const pruneKeys: Pruning = async (db, { now }, limit) => {
  const deleted = await db.all(sql`
    DELETE FROM idempotency_keys WHERE (org_id, key) IN (
      SELECT org_id, key FROM idempotency_keys k WHERE created_at <= ${now - IDEMPOTENCY_TTL_MS}
        AND NOT ${isMoving(sql`k.org_id`)}
      ORDER BY created_at LIMIT ${literal(limit)})
    RETURNING 1`)
  return deleted.length
}

/** Prunes dead letters that no longer count, oldest first. */
export const pruneDeadLetters: Pruning = async (db, { now }, limit) => {
  const deleted = await db.all(sql`
    DELETE FROM dead_letters WHERE (org_id, delivery_id, version) IN (
      SELECT org_id, delivery_id, version FROM dead_letters l
      WHERE died_at < ${now - DEAD_LETTER_TTL_MS} AND NOT ${isMoving(sql`l.org_id`)}
      ORDER BY died_at LIMIT ${literal(limit)})
    RETURNING 1`)
  return deleted.length
}

/** A table clustered by org; `key` names the rest of its primary key, `isOver` judges a row `p`. */
type OfOrgs = { table: string; key: string; isOver: SQL; limit: number }

async function pruneOfOrgs(db: Database, { table, key, isOver, limit }: OfOrgs): Promise<number> {
  const name = sql.raw(table)
  const keyOf = (row: string) => sql.raw(key.replaceAll(/\w+/g, `${row}.$&`))
  const deleted = await db.all(sql`
    DELETE FROM ${name} WHERE (org_id, ${sql.raw(key)}) IN (
      ${inParts(table, isOver, limit)}
      SELECT d.org_id, ${keyOf('d')} FROM due o CROSS JOIN ${name} d
      WHERE d.org_id = o.id AND (${keyOf('d')}) IN (
        SELECT ${keyOf('p')} FROM ${name} p WHERE p.org_id = o.id AND ${isOver} LIMIT ${partOf(limit)}))
    RETURNING 1`)
  return deleted.length
}

/** The orgs that have anything to prune, at most `limit`; each gets an equal part of it. */
function inParts(table: string, isOver: SQL, limit: number): SQL {
  return sql`WITH due AS MATERIALIZED (
    SELECT o.id FROM orgs o WHERE EXISTS (
      SELECT 1 FROM ${sql.raw(table)} p WHERE p.org_id = o.id AND ${isOver})
      AND NOT ${isMoving(sql`o.id`)}
    LIMIT ${literal(limit)})`
}

/** What each of the `due` orgs gets of the limit. */
function partOf(limit: number): SQL {
  return sql`(SELECT ${literal(limit)} / count(*) FROM due)`
}

function deleteFinished(refs: string, before: number): SQL {
  return sql`
    DELETE FROM deliveries WHERE (stage, org_id, id) IN (
      SELECT d.stage, d.org_id, d.id FROM json_each(${refs}) ref CROSS JOIN deliveries d
      WHERE d.org_id = ref.value->>'orgId' AND d.stage IN ('delivered', 'exhausted')
        AND d.id = ref.value->>'id' AND d.updated_at < ${before})
      AND NOT ${isMoving(sql`deliveries.org_id`)}`
}

function deleteEventsOf(refs: string): SQL {
  return sql`
    DELETE FROM events WHERE (org_id, listed_under, id) IN (
      SELECT ev.org_id, ev.listed_under, ev.id FROM json_each(${refs}) ref CROSS JOIN events ev
      WHERE ev.org_id = ref.value->>'orgId' AND NOT ${isMoving(sql`ev.org_id`)}
        AND ev.listed_under = ref.value->>'listedUnder'
        AND ev.id = ${eventIdSql(sql`ref.value->>'id'`)} AND NOT EXISTS (
          SELECT 1 FROM deliveries d WHERE d.org_id = ev.org_id
            AND d.stage IN ${ANY_STAGE}
            AND ${isOfEventSql(sql`d.id`, sql`ev.id`)}))`
}

/** Those that are over. */
function deleteCopiesOf(refs: string, limit: number): SQL {
  return sql`
    DELETE FROM replay_copies WHERE (org_id, replay_id, delivery_id) IN (
      SELECT c.org_id, c.replay_id, c.delivery_id
      FROM json_each(${refs}) ref CROSS JOIN replay_copies c
      WHERE c.org_id = ref.value->>'orgId' AND c.replay_id = ref.value->>'id' AND c.sweep_at IS NULL
        AND NOT ${isMoving(sql`c.org_id`)} LIMIT ${literal(limit)})`
}

/** SQL condition: there is no copy left of the replay that the reference names. */
const HAS_NO_COPIES = sql`NOT EXISTS (SELECT 1 FROM replay_copies c
  WHERE c.org_id = ref.value->>'orgId' AND c.replay_id = ref.value->>'id')`

function deletePartsOf(refs: string): SQL {
  return sql`
    DELETE FROM replay_parts WHERE (org_id, replay_id, endpoint_id) IN (
      SELECT p.org_id, p.replay_id, p.endpoint_id FROM json_each(${refs}) ref CROSS JOIN replay_parts p
      WHERE p.org_id = ref.value->>'orgId' AND p.replay_id = ref.value->>'id' AND ${HAS_NO_COPIES}
        AND NOT ${isMoving(sql`p.org_id`)})`
}

function deleteReplays(refs: string): SQL {
  return sql`
    DELETE FROM replays WHERE (org_id, id) IN (
      SELECT r.org_id, r.id FROM json_each(${refs}) ref CROSS JOIN replays r
      WHERE r.org_id = ref.value->>'orgId' AND r.id = ref.value->>'id' AND ${HAS_NO_COPIES}
        AND NOT ${isMoving(sql`r.org_id`)})`
}

/** As JSON, each once. */
function endpointsOf(prunable: Prunable[]): string {
  const refs = prunable.map(({ orgId, endpointId }) => ({ orgId, endpointId }))
  return JSON.stringify([...new Map(refs.map((ref) => [ref.endpointId, ref])).values()])
}
