// A replay's own row as its steps change it.
import { sql, type SQL } from 'drizzle-orm'
import { audited, auditIf, JUST_CHANGED, systemIn } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import type { StepRef } from '../words.ts'
import { CANARY } from './words.ts'

/** What a step has made of its replay. */
type Advanced = { status: 'running' | 'paused' | 'completed'; nextStepAt: number | null }

// Last of all: the others ask whether this step has come to its end.
/** The statements that count a step on and say what the replay has become; that it is held is logged. */
export function advanceReplay(
  db: Database,
  ref: StepRef,
  terms: { isDue: SQL; nextStepAt: number; now: number },
) {
  const first = statement<Advanced>(db, updateReplay(ref, terms))
  return { first, second: logHeld(db, ref, terms.now) }
}

function updateReplay(
  { orgId, replayId }: StepRef,
  { isDue, nextStepAt, now }: { isDue: SQL; nextStepAt: number; now: number },
): SQL {
  const open = sql`SELECT 1 FROM replay_parts p
    WHERE p.org_id = ${orgId} AND p.replay_id = ${replayId} AND p.is_over = 0`
  const status = sql`CASE WHEN NOT EXISTS (${open}) THEN 'completed'
    WHEN NOT EXISTS (${open} AND NOT ${isHeld()}) THEN 'paused' ELSE 'running' END`
  const seen = sql`(SELECT sum(p.replayed + (SELECT coalesce(sum(value), 0) FROM json_each(p.skipped)))
    FROM replay_parts p WHERE p.org_id = ${orgId} AND p.replay_id = ${replayId})`
  return sql`
    UPDATE replays AS r SET step = r.step + 1, status = now.status, updated_at = ${now},
      next_step_at = iif(now.status = 'running', ${nextStepAt}, NULL),
      ended_at = iif(now.status = 'completed', ${now}, NULL),
      total = iif(now.status = 'completed' AND NOT r.total_is_exact, ${seen}, r.total),
      total_is_exact = iif(now.status = 'completed', 1, r.total_is_exact)
    FROM (SELECT ${status} AS status) AS now
    WHERE r.org_id = ${orgId} AND r.id = ${replayId} AND ${isDue}
    RETURNING status, next_step_at AS "nextStepAt"`
}

/** SQL condition: the replay's part `p` is held, because the first ones that it sent have all failed. */
function isHeld(): SQL {
  return sql`(p.is_proven = 0 AND p.canary_failed >= ${CANARY})`
}

// Right behind the update.
function logHeld(db: Database, { orgId, replayId }: StepRef, now: number) {
  const isPaused = sql`EXISTS (SELECT 1 FROM replays r
    WHERE r.org_id = ${orgId} AND r.id = ${replayId} AND r.status = 'paused')`
  const change = { action: 'replay.pause', targetId: replayId, at: now } as const
  const details = { reason: 'canary_failed' }
  const condition = sql`${JUST_CHANGED} AND ${isPaused}`
  return auditIf(db, condition, systemIn(orgId), { ...change, details })
}

/** Ends a replay that cannot go on, says why, and logs it; answers whether it did. */
export async function failReplay(
  db: Database,
  { orgId, replayId, step }: StepRef,
  fault: string,
  now: number,
): Promise<boolean> {
  const failed = statement(
    db,
    sql`UPDATE replays SET status = 'failed', fault = ${fault}, step = step + 1, next_step_at = NULL,
      ended_at = ${now}, updated_at = ${now}
    WHERE org_id = ${orgId} AND id = ${replayId} AND step = ${step} AND status = 'running'
    RETURNING 1`,
  )
  const change = { action: 'replay.fail', targetId: replayId, at: now } as const
  const { rows } = await transaction(db, {
    rows: audited(db, systemIn(orgId), { ...change, details: { error: fault } }, failed),
  })
  return rows.length > 0
}
