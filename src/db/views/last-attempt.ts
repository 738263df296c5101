// What came of the attempt that was made last, as a delivery's columns tell it: in SQL, and to whoever has the row.
import { sql, type SQL } from 'drizzle-orm'
import { ENDINGS } from '../lifecycle/ended.ts'
import type { Delivery } from '../words.ts'

/** The columns that tell. `lastError` is the newest failure, however many attempts have succeeded since. */
export type Told = Pick<Delivery, 'status' | 'lastError' | 'lastResponseStatus'>

/** What came of it. `none`: nothing was attempted, or it is not known. */
export type LastAttempt = 'none' | 'succeeded' | 'failed'

/** What came of the last attempt. */
export function lastAttemptOf(told: Told): LastAttempt {
  const { lastError, lastResponseStatus: answered } = told
  if (answered !== null) return answered >= 200 && answered <= 299 ? 'succeeded' : 'failed'
  return lastError === null || isEndedWithout(told) ? 'none' : 'failed'
}

/** Whether something else than an attempt has ended it: a person, its endpoint's deletion, or nothing at all. */
function isEndedWithout({ status, lastError }: Pick<Told, 'status' | 'lastError'>): boolean {
  return status === 'exhausted' && lastError !== null && ENDINGS.includes(lastError)
}

/** SQL condition: the last attempt at the delivery `d` failed, and nothing has happened to it since. */
export const HAS_FAILED_LAST: SQL = sql`(d.last_error IS NOT NULL AND NOT d.is_manual
  AND d.stage IN ('pending', 'exhausted') AND (d.last_response_status IS NULL
    OR d.last_response_status < 200 OR d.last_response_status > 299)
  AND (d.stage = 'pending' OR d.last_error NOT IN (${sql.join(
    ENDINGS.map((ending) => sql`${ending}`),
    sql`, `,
  )})))`
