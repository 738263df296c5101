// What came of the attempts that replays have asked for, counted with their record.
import { sql, type SQL } from 'drizzle-orm'
import { addToParts } from '../replays/parts.ts'

/** Who asked, as attempts and audit entries name a replay: this, and its id. */
export const BY_REPLAY = 'replay:'

/** The replay that asked for what is due of a delivery; undefined: none did. */
export function replayOf(redeliveredBy: string | null): string | undefined {
  return redeliveredBy?.startsWith(BY_REPLAY) ? redeliveredBy.slice(BY_REPLAY.length) : undefined
}

/**
 * Counts outcomes for the parts of their replays; `takesEffect` is the condition under which the attempt `a` on
 * the delivery `d` counts. A success after another attempt of the same version failed takes that failure back.
 */
export function countForReplays(outcomes: string, takesEffect: SQL): SQL {
  return addToParts(sql`
    SELECT d.org_id, a.value->>'replayId' AS replay_id, coalesce(d.endpoint_id, '') AS endpoint_id,
      a.value->>'status' = 'delivered' AS is_delivered, d.version <> a.value->>'version' AS is_late
    FROM json_each(${outcomes}) a CROSS JOIN deliveries d
    WHERE a.value->>'replayId' IS NOT NULL AND ${takesEffect}`)
}
