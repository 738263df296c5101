// Holding: what becomes of a delivery whose endpoint is disabled when its turn comes.
import { sql, type SQL } from 'drizzle-orm'
import { RETURNING_MOVED } from '../transitions.ts'
import { isCurrent } from '../words.ts'

/**
 * Parks deliveries whose endpoint is disabled, and answers them. Only the database knows whether it is at
 * this moment: were it enabled just now, a delivery held here would have missed its release.
 */
export function hold(refs: string): SQL {
  return sql`
    UPDATE deliveries AS d SET sweep_at = NULL
    FROM json_each(${refs}) ref JOIN endpoints ep ON ep.org_id = ref.value->>'orgId'
    WHERE ${isCurrent(sql`ref.value`)} AND ep.id = d.endpoint_id AND ep.status = 'disabled'
      AND +d.sweep_at IS NOT NULL
    ${RETURNING_MOVED}`
}
