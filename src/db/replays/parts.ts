// What came of what replays have sent, added to their parts.
import { sql, type SQL } from 'drizzle-orm'

/**
 * Adds outcomes to the parts of their replays. `outcomes` is a query for their `org_id`, `replay_id` and
 * `endpoint_id`, whether each `is_delivered`, and whether it `is_late`: it takes back a failure that was counted.
 * Writes one row for each replay and endpoint.
 */
export function addToParts(outcomes: SQL): SQL {
  return sql`
    UPDATE replay_parts AS p SET delivered = p.delivered + sums.delivered,
      failed = p.failed + sums.failed, canary_failed = p.canary_failed + sums.canary_failed,
      is_proven = p.is_proven OR sums.delivered > 0
    FROM (
      SELECT o.org_id, o.replay_id, o.endpoint_id, sum(o.is_delivered) AS delivered,
        sum(NOT o.is_delivered) - sum(o.is_late) AS failed, sum(NOT o.is_delivered) AS canary_failed
      FROM (${outcomes}) AS o GROUP BY 1, 2, 3) sums
    WHERE p.org_id = sums.org_id AND p.replay_id = sums.replay_id
      AND p.endpoint_id = sums.endpoint_id`
}
