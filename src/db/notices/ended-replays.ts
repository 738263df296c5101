// Noting what becomes of replays: that one is through, or pauses.
import { sql, type SQL } from 'drizzle-orm'
import { instantSql, isWanted, note } from './note.ts'

/** SQL: notes a replay that is through since `now`, or paused, by this very transaction. */
export function noteReplay(
  orgId: string,
  replayId: string,
  become: 'completed' | 'paused',
  now: number,
): SQL {
  const sums = sql`(SELECT json_object('replayed', sum(p.replayed), 'delivered', sum(p.delivered),
    'failed', sum(p.failed)) FROM replay_parts p WHERE p.org_id = r.org_id AND p.replay_id = r.id)`
  const replay = sql`json_patch(json_object('id', r.id, 'status', r.status, 'total', r.total,
    'created_by', r.created_by, 'reason', r.reason, 'created_at', ${instantSql(sql`r.created_at`)}), ${sums})`
  return note(
    `replay.${become}`,
    sql`${now}`,
    sql`
    SELECT r.org_id, r.id || ':' || r.step AS id, NULL AS about,
      json_object('org_id', r.org_id, 'replay', ${replay}) AS data
    FROM (SELECT 1 WHERE ${isWanted(sql`${orgId}`, `replay.${become}`, now)}) CROSS JOIN replays r
    WHERE r.org_id = ${orgId} AND r.id = ${replayId} AND r.status = ${become} AND r.updated_at = ${now}`,
  )
}
