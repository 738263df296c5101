// Bugs in the SQL of events, of deliveries and of what must happen once.
import { bend, without, type Mutant } from './mutant.ts'

const IDEMPOTENCY = 'test/api/idempotency.test.ts'

/** Mutants of this room. */
export const RECORDS: Mutant[] = [
  without('the idempotency key', 'D6', [
    'db/idempotency.ts',
    'isFree: use ? sql`NOT EXISTS',
    'isFree: use ? sql`true OR NOT EXISTS',
  ]),
  bend('disabled endpoints get new events', 'D7', [
    'db/records/events.ts',
    "WHERE ep.org_id = ${orgId} AND ep.status = 'enabled'",
    'WHERE ep.org_id = ${orgId}',
  ]),
  bend('a redelivery delivers', 'S1', [
    'db/records/deliveries.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'delivered', version = version + 1, is_manual = 1,",
  ]),
  bend('a redelivery counts twice', 'S4', [
    'db/records/deliveries.ts',
    'manual_retry_count = manual_retry_count + 1',
    'manual_retry_count = manual_retry_count + 2',
  ]),
  bend('a redelivery does not fence off what is in flight', 'S5', [
    'db/records/deliveries.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'pending', is_manual = 1,",
  ]),
  bend('an event without deliveries is stored again', IDEMPOTENCY, [
    'db/records/events.ts',
    "stored.list_key IN ('', lower(e.value->>'callId')) AND stored.id = e.value->>'id')`",
    "stored.list_key IN (lower(e.value->>'callId')) AND stored.id = e.value->>'id')`",
  ]),
]
