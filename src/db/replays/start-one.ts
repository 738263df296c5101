// The replay of one delivery to another URL in the store: started, and through, in one transaction.
import { sql, type SQL } from 'drizzle-orm'
import { auditedFirst, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { waitingFor } from '../ordering/waits.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { DELIVERY_COLUMNS, isDelivery, type Delivery, type LinedUp } from '../words.ts'
import { copyOf, INSERT_COPIES } from './copies.ts'
import { detailsOf, insertReplay, isStored, type NewReplay } from './start.ts'

/** A delivery, which a copy leaves as it is, and the replay that sends it. */
export type SentElsewhere = { delivery: Delivery & LinedUp; replayId: string }

/** What a start found: the delivery, if it is there; whether its copy is made; what the first use of the key kept. */
export type OneStarted = {
  delivery: (Delivery & LinedUp) | undefined
  isMade: boolean
  first: SentElsewhere | undefined
}

type Asked = { entryId: string; leaseMs: number; idempotency: Idempotency | undefined }

/** The delivery `d` that a replay of one is of. */
type One = { replay: NewReplay; deliveryId: string }

/**
 * Stores a replay of one delivery, which is through, with the copy that it makes, unless there is nothing that
 * would sign it: its endpoint was deleted; or nothing to send: its payload was.
 */
export async function startOne(
  db: Database,
  actor: Actor,
  one: One,
  { entryId, leaseMs, idempotency }: Asked,
): Promise<OneStarted> {
  const { replay, deliveryId } = one
  const { orgId, id, createdAt: now } = replay
  const key = guardByKey(db, idempotency, { token: id, now })
  const change = {
    id: entryId,
    action: 'replay.start',
    targetId: id,
    at: now,
    details: detailsOf(replay),
    condition: sql`${key.isFree} AND ${canBeSent(one)}`,
  } as const
  const { found, stored, earlier } = await transaction(db, {
    started: auditedFirst(db, actor, change, statement(db, insertReplay(replay))),
    part: statement(db, insertPart(one)),
    copy: statement(db, insertCopy(one, leaseMs)),
    claimed: key.claim(keepOne(one)),
    found: db
      .select({ ...DELIVERY_COLUMNS, waitingFor: waitingFor('deliveries') })
      .from(deliveries)
      .where(isDelivery(orgId, deliveryId, 'deliveries')),
    stored: statement(db, sql`SELECT 1 WHERE ${isStored(replay)}`),
    earlier: key.find,
  })
  return {
    delivery: found[0],
    isMade: stored.length > 0,
    first: key.firstOf(earlier, readKeptOne),
  }
}

/** SQL condition: the delivery is there, and so are its payload and what signs it. */
function canBeSent({ replay: { orgId }, deliveryId }: One): SQL {
  return sql`EXISTS (SELECT 1 FROM deliveries d WHERE ${isDelivery(orgId, deliveryId)}
    AND d.payload_deleted_at IS NULL AND (d.endpoint_id IS NULL OR EXISTS (
      SELECT 1 FROM endpoints ep WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id)))`
}

/** SQL: the end of a query for the delivery, if the replay is stored. */
function fromStored({ replay, deliveryId }: One): SQL {
  return sql`FROM deliveries d WHERE ${isDelivery(replay.orgId, deliveryId)} AND ${isStored(replay)}`
}

function insertPart(one: One): SQL {
  const { id, createdAt: now } = one.replay
  return sql`
    INSERT INTO replay_parts (org_id, replay_id, endpoint_id, cursor, is_over, replayed, canary_sent,
      last_sent_at)
    SELECT d.org_id, ${id}, coalesce(d.endpoint_id, ''), d.id, 1, 1, 1, ${now} ${fromStored(one)}
    ON CONFLICT DO NOTHING`
}

function insertCopy(one: One, leaseMs: number): SQL {
  const { id, createdAt: now } = one.replay
  return sql`
    ${INSERT_COPIES} SELECT ${copyOf(id, sql`${now + leaseMs}`, now)} ${fromStored(one)}
    ON CONFLICT DO NOTHING`
}

function keepOne(one: One): SQL {
  return sql`
    SELECT json_object('replayId', ${one.replay.id}, 'delivery', ${rowAsJson(DELIVERY_COLUMNS, 'd')},
        'waitingFor', ${waitingFor()})
      AS snapshot ${fromStored(one)}`
}

/** Without `waitingFor` where an earlier version has kept it, when nothing waited. */
type Kept = { delivery: unknown; replayId: string; waitingFor?: string | null }

/** Reads what a key has kept of it. */
export function readKeptOne(kept: unknown): SentElsewhere {
  // startOne wrote it.
  const { delivery, replayId, waitingFor: front = null } = kept as Kept
  // From these columns.
  const row = readRow(DELIVERY_COLUMNS, delivery) as Delivery
  return { replayId, delivery: { ...row, waitingFor: front } }
}
