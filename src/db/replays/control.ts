// What a person does to a replay on its way: each is one conditional change of its row, with who asked.
import { sql, type SQL } from 'drizzle-orm'
import { auditedFirst, hasEntry, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { noteReplay } from '../notices/ended-replays.ts'
import { transaction } from '../transaction.ts'
import { hasRoomToRun } from './start.ts'
import { keepReplay, readKeptReplay, selectReplay, toReplay } from './views.ts'
import { CANARY, type Replay, type ReplayStatus } from './words.ts'

/** What can be asked of a replay that is not over. */
export type Control =
  | { action: 'pause' | 'resume' | 'cancel' }
  | { action: 'change_rate'; ratePerSecond: number }

/** Of what statuses each can be asked. */
export const CONTROLLED: Record<Control['action'], readonly ReplayStatus[]> = {
  pause: ['running'],
  resume: ['paused'],
  cancel: ['running', 'paused'],
  change_rate: ['running', 'paused'],
}

/**
 * What a control found: the replay as it is now, if it is there, and its next step; whether the change is
 * made; and what the first use of the key kept.
 */
export type ControlResult = {
  found: { replay: Replay; step: number; nextStepAt: number | null } | undefined
  isMade: boolean
  first: Replay | undefined
}

/**
 * Makes the change, if the replay is as it must be for it, and nothing otherwise. It raises `step`, so that a
 * step under way comes to nothing: of the two the first one counts. Resumed, the parts that were held
 * try their canary again; as many as may run already leave it paused.
 */
export async function controlReplay(
  db: Database,
  actor: Actor,
  id: string,
  control: Control,
  asked: { entryId: string; now: number; idempotency: Idempotency | undefined },
): Promise<ControlResult> {
  const { orgId } = actor
  const { entryId, now, idempotency } = asked
  const key = guardByKey(db, idempotency, { token: entryId, now })
  const isMade = hasEntry(orgId, entryId)
  const change = {
    id: entryId,
    action: `replay.${control.action}` as const,
    targetId: id,
    at: now,
    details: control.action === 'change_rate' ? { rate_per_second: control.ratePerSecond } : {},
    condition: sql`${key.isFree} AND ${isPossible(orgId, id, control)}`,
  }
  const { rows, made, found } = await transaction(db, {
    controlled: {
      ...auditedFirst(db, actor, change, statement(db, updateReplay(orgId, id, control, now))),
      third: control.action === 'resume' ? statement(db, tryAgain(orgId, id)) : undefined,
    },
    noted:
      control.action === 'pause' ? statement(db, noteReplay(orgId, id, 'paused', now)) : undefined,
    claimed: key.claim(keepReplay(orgId, id, isMade)),
    rows: selectReplay(db, orgId, id),
    made: statement(db, sql`SELECT 1 WHERE ${isMade}`),
    found: key.find,
  })
  const [row] = rows
  return {
    found: row && { replay: toReplay(row), step: row.step, nextStepAt: row.nextStepAt },
    isMade: made.length > 0,
    first: key.firstOf(found, readKeptReplay),
  }
}

/** SQL condition: the replay is there, and as it must be; a rate is another one than it has. */
function isPossible(orgId: string, id: string, control: Control): SQL {
  const statuses = JSON.stringify(CONTROLLED[control.action])
  const isOther =
    control.action === 'change_rate'
      ? sql`r.rate_per_second <> ${control.ratePerSecond}`
      : sql`true`
  const hasRoom = control.action === 'resume' ? hasRoomToRun(orgId) : sql`true`
  return sql`EXISTS (SELECT 1 FROM replays r WHERE r.org_id = ${orgId} AND r.id = ${id}
    AND r.status IN (SELECT value FROM json_each(${statuses})) AND ${isOther}) AND ${hasRoom}`
}

function updateReplay(orgId: string, id: string, control: Control, now: number): SQL {
  return sql`UPDATE replays SET step = step + 1, updated_at = ${now}, ${columnsOf(control, now)}
    WHERE org_id = ${orgId} AND id = ${id} AND ${JUST_CHANGED}`
}

function columnsOf(control: Control, now: number): SQL {
  if (control.action === 'change_rate') return sql`rate_per_second = ${control.ratePerSecond}`
  const columns = {
    pause: sql`status = 'paused', next_step_at = NULL`,
    resume: sql`status = 'running', next_step_at = ${now}`,
    cancel: sql`status = 'canceled', next_step_at = NULL, ended_at = ${now}`,
  }
  return columns[control.action]
}

function tryAgain(orgId: string, id: string): SQL {
  return sql`UPDATE replay_parts SET canary_sent = 0, canary_failed = 0
    WHERE org_id = ${orgId} AND replay_id = ${id} AND NOT is_proven AND canary_failed >= ${CANARY}
      AND ${JUST_CHANGED}`
}
