// Fills the database with finished and waiting deliveries, faster than the service could make them.

/** What to store: so many events of one delivery each, newest last, spread as `status` says. */
export type Seed = {
  orgId: string
  endpointIds: string[]
  callIds: string[]
  count: number
  /** SQL over `i`, the event's number from 0: one of the statuses. */
  status: string
  /** The first one's number; what is stored later goes on from there. */
  from?: number
  /** SQL over `i`: Unix ms at which the sweep looks at a pending one, or NULL. */
  sweepAt?: string
}

/** The ids begin like a UUIDv7 of September 2026, before anything that a test makes. */
const ID = `'01a00000-0000-7000-8000-' || printf('%08x', i)`

/** Stores the events and deliveries; event `i` goes to endpoint and call number `i`, round and round. */
export async function seed(db: D1Database, what: Seed): Promise<void> {
  const { orgId, endpointIds, callIds, count, status, sweepAt = '4000000000000', from = 0 } = what
  const numbers = `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL
    SELECT i + 1 FROM n WHERE i < ${from} + ?2 - 1)`
  await db.batch([
    db
      .prepare(
        `${numbers} INSERT INTO events (org_id, listed_under, id, type, call_id, created, api_version,
          skipped, accepted_at, call)
        SELECT ?1, ${pick('?3')}, ${ID} || '0000', 'call.busy', ${pick('?3')}, 1, '2026-04', '{}', 1, '{}'
        FROM n`,
      )
      .bind(orgId, count, JSON.stringify(callIds)),
    db
      .prepare(
        `${numbers} INSERT INTO deliveries (org_id, stage, id, endpoint_id, call_id, event_type, url,
          next_attempt_at, sweep_at, created_at, updated_at)
        SELECT ?1, ${status}, ${ID} || '0001', ${pick('?4')}, ${pick('?3')}, 'call.busy',
          'https://receiver.example/', coalesce(${sweepAt}, 1), ${sweepAt}, 1, 1 FROM n`,
      )
      .bind(orgId, count, JSON.stringify(callIds), JSON.stringify(endpointIds)),
  ])
}

/** SQL: the element of a JSON list that event `i` gets. */
function pick(list: string): string {
  return `${list} ->> ('$[' || (i % json_array_length(${list})) || ']')`
}
