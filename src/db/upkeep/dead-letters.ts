// Dead letters: messages that a queue gave up on.
import { sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import type { DeliveryRef } from '../words.ts'

/** Notes messages that a queue gave up on; noting one again changes nothing. */
export async function recordDeadLetters(
  db: Database,
  refs: DeliveryRef[],
  now: number,
): Promise<void> {
  await db.run(sql`
    INSERT INTO dead_letters (org_id, delivery_id, version, died_at)
    SELECT ref.value->>'orgId', ref.value->>'id', ref.value->>'version', ${now}
    FROM json_each(${JSON.stringify(refs)}) ref WHERE true ON CONFLICT DO NOTHING`)
}
