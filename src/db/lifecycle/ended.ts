// Deliveries that end without an attempt: what becomes of them, and by what they are known.
import { sql, type SQL } from 'drizzle-orm'
import { failedAt } from './last-failure.ts'

/** `last_error` of a delivery whose endpoint was deleted before it was sent. */
export const ENDPOINT_DELETED = 'endpoint deleted'

/** `last_error` of a delivery that somebody discarded. */
export const DISCARDED = 'discarded'

/** `last_error` of a delivery that was pending when its payload was deleted. */
export const PAYLOAD_DELETED = 'payload deleted'

/** `last_error` of a delivery that was queued again and again, and of which nothing came. */
export const NEVER_PROCESSED = 'could not be processed'

/** What `last_error` says of a delivery that ended without an attempt. */
export const ENDINGS: readonly string[] = [
  ENDPOINT_DELETED,
  DISCARDED,
  PAYLOAD_DELETED,
  NEVER_PROCESSED,
]

/** SQL expression: which of these has ended the delivery `d`, as an attempt's log has it; NULL: none of them. */
export const ENDED_BY: SQL = sql`CASE WHEN d.stage = 'exhausted' THEN CASE d.last_error
  WHEN ${ENDPOINT_DELETED} THEN 'deletion' WHEN ${DISCARDED} THEN 'discard'
  WHEN ${PAYLOAD_DELETED} THEN 'payload_deletion' END END`

/** SQL: what is set of a delivery `d` that ends without an attempt. */
export function ended(reason: string, now: number): SQL {
  return sql`stage = 'exhausted', version = d.version + 1, is_manual = 0, resume_at = NULL,
    last_error = ${reason}, updated_at = ${now}, ${failedAt(now, now)}`
}
