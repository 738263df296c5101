// History made at once: events and deliveries as they stand after a life, written set by set.
import { makeEvent } from '../harness/service.ts'
import type { Stage } from '../harness/stage.ts'

/** Deliveries to store, one an event, their events evenly between two instants (Unix ms). */
export type Stored = {
  orgId: string
  endpointId: string
  url: string
  count: number
  /** The first one's number; what is stored later goes on from there. */
  firstNumber?: number
  from: number
  to: number
  status: 'pending' | 'delivered' | 'exhausted'
  /** When pending ones came due. */
  dueFrom?: number
  dueTo?: number
}

/** Rows of one statement: D1 has 30 s for each. */
const CHUNK = 50_000

/** A call's id of its own for each event: its number, in the place of the last group. */
const CALL_ID = `printf('c0ffee00-0000-4000-8000-%012x', n)`

/** A UUIDv7 of the event's instant, its number in the random part, and 0000 or the fan-out at its end. */
const idWith = (end: string) =>
  `substr(printf('%012x', at), 1, 8) || '-' || substr(printf('%012x', at), 9) ||
   '-7000-8000-' || printf('%08x', n) || '${end}'`

/** An attempt as the log keeps it. */
const ATTEMPT = JSON.stringify([
  '019000000000000000000000',
  87,
  86,
  [1, '01234567Ab1+/Ab1'],
  [200, [2, '0', 0, 0], ''],
])

/** Stores them through D1 itself, tables and indexes as the migrations made them. */
export async function storeDeliveries(stage: Stage, stored: Stored): Promise<void> {
  const { count } = stored
  for (let start = 0; start < count; start += CHUNK) {
    const end = Math.min(start + CHUNK, count)
    await stage.sql(insertEvents(), ...numbers(stored, start, end), stored.orgId, call())
    const due = [stored.dueFrom ?? null, stored.dueTo ?? null]
    const { orgId, status, endpointId, url } = stored
    const rest = [orgId, status, endpointId, url, `[${ATTEMPT}]`, ...due]
    await stage.sql(insertDeliveries(), ...numbers(stored, start, end), ...rest)
  }
}

/** ?1 first number, ?2 the number after the last, ?3 the first one's instant, ?4 ms between two. */
const NUMBERS = `
  WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?2),
  at AS (SELECT n, CAST(?3 + (n - ?1) * ?4 AS INTEGER) AS at FROM numbers)`

function numbers(
  { from, to, count, firstNumber = 0 }: Stored,
  start: number,
  end: number,
): number[] {
  const stepMs = (to - from) / count
  return [firstNumber + start, firstNumber + end, from + start * stepMs, stepMs]
}

function call(): string {
  return JSON.stringify(makeEvent().call)
}

function insertEvents(): string {
  return `${NUMBERS}
    INSERT INTO events (org_id, listed_under, id, type, call_id, created, api_version, skipped, accepted_at, call)
    SELECT ?5, ${CALL_ID}, ${idWith('0000')}, 'call.completed', ${CALL_ID}, at / 1000, '2026-04',
      '{}', at, ?6 FROM at`
}

function insertDeliveries(): string {
  return `${NUMBERS}
    INSERT INTO deliveries (org_id, stage, id, endpoint_id, call_id, event_type, url, version,
      attempt_count, next_attempt_at, sweep_at, last_error, last_response_status, delivered_at,
      created_at, updated_at, attempts)
    SELECT ?5, ?6, ${idWith('0001')}, ?7, ${CALL_ID}, 'call.completed', ?8, 2, 1,
      coalesce(?10 + (?11 - ?10) * (n - ?1) / (?2 - ?1), at),
      coalesce(?10 + (?11 - ?10) * (n - ?1) / (?2 - ?1), at + 120000),
      CASE WHEN ?6 = 'delivered' THEN NULL ELSE 'HTTP 503' END,
      CASE WHEN ?6 = 'delivered' THEN 200 ELSE 503 END,
      CASE WHEN ?6 = 'delivered' THEN at END, at, at, ?9 FROM at`
}
