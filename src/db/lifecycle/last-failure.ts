// When the failure was that a delivery's `last_error` tells, as each write to its row has to say anew.
import { sql, type SQL } from 'drizzle-orm'

/**
 * SQL: what is set of a delivery whose newest failure ended at `at`, which is `d.last_error_at` where there was no
 * other; NULL: nobody knows when. `now` is what `updated_at` is set to.
 */
// D1 binds every number as a real one, which would be stored as such within a text.
export function failedAt(at: SQL | number, now: SQL | number): SQL {
  return sql`last_failure = iif(${at} IS NULL, NULL,
    json_array(CAST(${at} AS INTEGER), CAST(${now} AS INTEGER)))`
}
