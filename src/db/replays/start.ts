// The start of a replay in the store: its row, its parts, and who asked for it.
import { sql, type SQL } from 'drizzle-orm'
import { auditedFirst, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { transaction } from '../transaction.ts'
import { keepReplay, readKeptReplay, selectReplay, toReplay } from './views.ts'
import type { Replay } from './words.ts'

/** Replays of an org that may run at a time. */
const MAX_RUNNING = 10

/** What of a replay is said at its start. */
export type NewReplay = Omit<
  Replay,
  | 'fault'
  | 'updatedAt'
  | 'replayed'
  | 'delivered'
  | 'failed'
  | 'skipped'
  | 'heldEndpoints'
  | 'remaining'
  | 'etaAt'
>

/** What a start found: the replay, if it is stored, and what the first use of the key kept. */
export type StartResult = { replay: Replay | undefined; first: Replay | undefined }

/**
 * Stores a replay and a part for each endpoint of its own, in one transaction, unless as many of the org
 * run as may. One that has nothing to do is stored as it is, without parts.
 */
export async function startReplay(
  db: Database,
  actor: Actor,
  replay: NewReplay,
  { entryId, idempotency }: { entryId: string; idempotency: Idempotency | undefined },
): Promise<StartResult> {
  const { orgId, id, createdAt: now, status } = replay
  const key = guardByKey(db, idempotency, { token: id, now })
  const isRunning = status === 'running'
  const change = {
    id: entryId,
    action: 'replay.start',
    targetId: id,
    at: now,
    details: detailsOf(replay),
    condition: isRunning ? sql`${key.isFree} AND ${hasRoomToRun(orgId)}` : key.isFree,
  } as const
  const { rows, found } = await transaction(db, {
    started: auditedFirst(db, actor, change, statement(db, insertReplay(replay))),
    parts: isRunning ? statement(db, insertParts(replay)) : undefined,
    claimed: key.claim(keepReplay(orgId, id, sql`true`)),
    rows: selectReplay(db, orgId, id),
    found: key.find,
  })
  const [row] = rows
  return { replay: row && toReplay(row), first: key.firstOf(found, readKeptReplay) }
}

/** SQL condition: fewer of the org's replays run than may. Those that run are in an index, all others are not. */
export function hasRoomToRun(orgId: string): SQL {
  return sql`(SELECT count(*) FROM replays WHERE org_id = ${orgId} AND next_step_at IS NOT NULL)
    < ${MAX_RUNNING}`
}

/** What the audit log says of a start: how many, and where copies go. */
export function detailsOf({ total, copiesTo }: NewReplay) {
  return copiesTo === null ? { total } : { total, url: copiesTo }
}

/** SQL condition: the replay is there. */
export function isStored({ orgId, id }: Pick<NewReplay, 'orgId' | 'id'>): SQL {
  return sql`EXISTS (SELECT 1 FROM replays WHERE org_id = ${orgId} AND id = ${id})`
}

/** SQL: stores the row of a replay, if the statement before it changed a row. */
export function insertReplay(replay: NewReplay): SQL {
  const nextStepAt = replay.status === 'running' ? replay.createdAt : null
  return sql`
    INSERT INTO replays (org_id, id, status, filter, has_missing, recipient, copies_to, rate_per_second,
      reason, created_by, total, total_is_exact, next_step_at, created_at, updated_at, ended_at)
    SELECT ${replay.orgId}, ${replay.id}, ${replay.status}, ${JSON.stringify(replay.filter)},
      ${Number(replay.hasMissing)}, ${replay.recipient}, ${replay.copiesTo}, ${replay.ratePerSecond},
      ${replay.reason}, ${replay.createdBy}, ${replay.total}, ${Number(replay.totalIsExact)},
      ${nextStepAt}, ${replay.createdAt}, ${replay.createdAt}, ${replay.endedAt}
    WHERE ${JUST_CHANGED}`
}

function insertParts(replay: NewReplay): SQL {
  const {
    orgId,
    id,
    filter: { endpointId },
  } = replay
  const own =
    endpointId === undefined
      ? sql`SELECT '' AS id UNION SELECT id FROM endpoints WHERE org_id = ${orgId}
          UNION SELECT id FROM deleted_endpoints WHERE org_id = ${orgId}`
      : sql`SELECT ${endpointId} AS id`
  return sql`
    INSERT INTO replay_parts (org_id, replay_id, endpoint_id)
    SELECT ${orgId}, ${id}, own.id FROM (${own}) AS own WHERE ${isStored(replay)}
    ON CONFLICT DO NOTHING`
}
