// The log of what the service disables by itself: written with it, once.
import { sql, type SQL } from 'drizzle-orm'
import { auditSystem, SYSTEM, systemEntryId } from '../audit.ts'
import type { EndpointRef } from '../words.ts'

/**
 * Logs those of the endpoints that were disabled at `now`, which is in this very transaction. An entry's id is made
 * of that instant and the endpoint's, so that to repeat the transaction logs nothing more. Costs one row read for
 * each endpoint, and one written for each that was disabled.
 */
export function logDisabled(refs: EndpointRef[], now: number): SQL {
  const entries = sql`
    SELECT ep.org_id, ${systemEntryId(now, sql`ep.id`)} AS id,
      ${SYSTEM} AS actor, NULL AS ip, ${SYSTEM} AS request_id, ep.id AS target_id,
      json_object('reason', ep.disabled_reason, 'consecutive_failures', ep.consecutive_failures) AS details
    FROM json_each(${JSON.stringify(refs)}) ref CROSS JOIN endpoints ep
    WHERE ep.org_id = ref.value->>'orgId' AND ep.id = ref.value->>'endpointId'
      AND ep.status = 'disabled' AND ep.disabled_reason = 'too_many_failures' AND ep.disabled_at = ${now}`
  return auditSystem({ action: 'endpoint.disable', at: now }, entries)
}
