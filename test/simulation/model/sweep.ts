// What one sweep makes of the deliveries and endpoints that it finds, step by step.
import type { Row } from '../world/history.ts'
import {
  CROWD,
  firstLeaseEnd,
  LEASE_MS,
  leaseMs,
  LISTEN_URL,
  LONGEST_PUT_OFF_MS,
  LOOK_AHEAD_MS,
  UNWELL_MS,
} from './rules.ts'
import { isBehind } from './ordering.ts'
import { byAge, change, copyOf, parkedOf, type Tables } from './tables.ts'

/** The rows after a sweep that takes the time to be `now`, and has to do with fewer than its limits. */
export function afterSweep(before: Tables, now: number): Tables {
  const tables = copyOf(before)
  endRecoveries(tables, (sweepAt) => sweepAt > now)
  endDeleted(tables, now)
  claim(tables, now)
  beginRecoveries(tables, now)
  endRecoveries(tables, (sweepAt) => sweepAt <= now)
  for (const endpoint of tables.endpoints.values()) {
    if (!isDue(endpoint['sweep_at'], now) || !isPaced(endpoint)) continue
    release(tables, endpoint, Number(endpoint['pace']), now)
    change(tables.endpoints, endpoint, { sweep_at: now + LEASE_MS })
  }
  return tables
}

/** Takes so many of what is parked for an endpoint, oldest first; of one with a pace of its own what is fresh before the others. */
export function release(tables: Tables, endpoint: Row, room: number, now: number): void {
  const parked = parkedOf(tables, endpoint).filter((row) => !isBehind(tables, row))
  const isLimited = typeof endpoint['max_per_second'] === 'number'
  const line = isLimited
    ? [...parked.filter(isFresh), ...parked.filter((row) => !isFresh(row))]
    : parked
  for (const row of line.slice(0, Math.max(0, room))) {
    change(tables.deliveries, row, { sweep_at: now + LEASE_MS })
  }
}

/** Whether a delivery was never attempted, nor asked for by hand. */
export function isFresh(row: Row): boolean {
  return row['attempts'] === 0 && row['is_manual'] === 0
}

/** Whether an endpoint works off what is parked for it. */
export function isPaced(endpoint: Row | undefined): boolean {
  return endpoint !== undefined && endpoint['pace'] !== null && endpoint['status'] === 'enabled'
}

function isDue(at: Row[string] | undefined, now: number): boolean {
  return typeof at === 'number' && at <= now
}

/** A recovery for which nothing is parked ends; so does a disabled endpoint's, until enabling begins it anew. */
function endRecoveries(tables: Tables, isMeant: (sweepAt: number) => boolean): void {
  for (const endpoint of tables.endpoints.values()) {
    if (typeof endpoint['sweep_at'] !== 'number' || !isMeant(endpoint['sweep_at'])) continue
    const isOpen = endpoint['status'] === 'enabled' && endpoint['url'] !== LISTEN_URL
    const waits = isOpen && parkedOf(tables, endpoint).length > 0
    if (!waits) change(tables.endpoints, endpoint, { sweep_at: null, pace: null })
  }
}

function endDeleted(tables: Tables, now: number): void {
  for (const [id, endpoint] of tables.deleted_endpoints) {
    if (!isDue(endpoint['sweep_at'], now)) continue
    const deliveries = [...tables.deliveries.values()].filter((row) => row['endpoint_id'] === id)
    if (deliveries.length === 0) tables.deleted_endpoints.delete(id)
    else change(tables.deleted_endpoints, endpoint, { sweep_at: null })
    for (const row of deliveries) {
      if (row['status'] === 'pending')
        change(tables.deliveries, row, endedBy('endpoint deleted', row, now))
    }
  }
}

/** Why the system, or a person, ends a delivery. */
export type Ending = 'endpoint deleted' | 'discarded' | 'payload deleted'

/** What ending a delivery for that reason changes. */
export function endedBy(reason: Ending, row: Row, now: number): Row {
  return {
    stage: 'exhausted',
    status: 'exhausted',
    version: Number(row['version']) + 1,
    is_manual: 0,
    resume_at: null,
    last_error: reason,
    last_error_at: now,
    updated_at: now,
  }
}

// What was handed out, and comes up again, has lapsed. What is not sent is parked; but what is behind another waits for a lease.
function claim(tables: Tables, now: number): void {
  for (const { row, sweepAt, isUnwell, place, endpoint, isKept } of candidates(tables, now)) {
    const dueAt = Number(row['next_attempt_at'])
    const lapses = Number(row['lapses'])
    const hasLapsed = row['stage'] === 'new' || Number(sweepAt) > dueAt
    const isCrowded = isUnwell && place >= CROWD
    if (isCrowded && !isDue(sweepAt, now)) continue
    const isClosed = endpoint && (endpoint['status'] === 'disabled' || endpoint['pace'] !== null)
    const isToPark = isCrowded || isClosed || (endpoint && row['url'] === LISTEN_URL)
    const laterAt = now + Math.max(LEASE_MS, Math.min(LONGEST_PUT_OFF_MS, quarterOf(row, now)))
    const later = isToPark && isKept ? { next_attempt_at: laterAt } : {}
    const parkedUntil = isKept ? laterAt : null
    change(tables.deliveries, row, {
      stage: 'pending',
      lapses: lapses + (hasLapsed ? 1 : 0),
      sweep_at: isToPark ? parkedUntil : Math.max(dueAt, now) + leaseMs(lapses),
      ...later,
    })
  }
}

/** A quarter of a delivery's age. */
function quarterOf(row: Row, now: number): number {
  return Math.trunc((now - Number(row['created_at'])) / 4)
}

function beginRecoveries(tables: Tables, now: number): void {
  for (const endpoint of tables.endpoints.values()) {
    if (!isDue(endpoint['unwell_since'], now - UNWELL_MS) || endpoint['pace'] !== null) continue
    if (endpoint['url'] === LISTEN_URL) continue
    if (endpoint['status'] === 'enabled' && parkedOf(tables, endpoint).length > 0)
      change(tables.endpoints, endpoint, { pace: 1, sweep_at: now })
  }
}

/** What a sweep may take: leases that have ended, and retries that come due before the next sweep. */
function candidates(tables: Tables, now: number) {
  const { deliveries, endpoints } = tables
  const places = new Map<unknown, number>()
  return byAge(deliveries.values()).flatMap((row) => {
    const endpoint = endpoints.get(String(row['endpoint_id']))
    const sweepAt = row['stage'] === 'new' ? firstLeaseEnd(String(row['id'])) : row['sweep_at']
    const isRetry = sweepAt === row['next_attempt_at'] && endpoint?.['pace'] == null
    const until = isRetry ? now + LOOK_AHEAD_MS : now
    if (row['status'] !== 'pending' || !isDue(sweepAt, until)) return []
    const place = places.get(row['endpoint_id']) ?? 0
    places.set(row['endpoint_id'], place + 1)
    const isUnwell = isDue(endpoint?.['unwell_since'], now - UNWELL_MS)
    return [{ row, sweepAt, endpoint, place, isUnwell, isKept: isBehind(tables, row) }]
  })
}
