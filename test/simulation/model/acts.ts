// What customers' acts make of the rows.
import type { Row } from '../world/history.ts'
import { LEASE_MS, LISTEN_URL } from './rules.ts'
import { endedBy } from './sweep.ts'
import { change, copyOf, type Tables } from './tables.ts'

/** A deleted endpoint is looked after by the sweep so many ms later. */
const DELETED_MS = 60_000

/** A delivery as it is accepted, but for what it is about. */
export function acceptedRow(about: Row, now: number): Row {
  return {
    ...about,
    stage: 'new',
    status: 'pending',
    version: 1,
    attempt_count: 0,
    manual_retry_count: 0,
    next_attempt_at: now,
    sweep_at: null,
    resume_at: null,
    is_manual: 0,
    lapses: 0,
    redelivered_by: null,
    last_error: null,
    last_error_at: null,
    last_response_status: null,
    delivered_at: null,
    created_at: now,
    updated_at: now,
    attempts: 0,
    replay_id: null,
    payload_deleted_at: null,
  }
}

/**
 * A delivery as a replay makes it of an event that was missed, but for what it is about: as old as its event, asked
 * for by hand, due at its second.
 */
export function madeRow(
  about: Row,
  {
    replayId,
    acceptedAt,
    now,
    at,
  }: { replayId: string; acceptedAt: number; now: number; at: number },
): Row {
  return {
    ...acceptedRow(about, now),
    stage: 'pending',
    manual_retry_count: 1,
    next_attempt_at: at,
    sweep_at: at + LEASE_MS,
    is_manual: 1,
    redelivered_by: `replay:${replayId}`,
    created_at: acceptedAt,
    replay_id: replayId,
  }
}

/** Who asked for a delivery again, and for when; `isWaiting`: it waits for another of its call. */
type Redelivery = { by: string; now: number; at?: number; isWaiting: boolean }

/**
 * A delivery once somebody asked for it again: due now or at its second, and then on with the schedule where it was, which what waits
 * has not begun.
 */
export function redeliveredRow(before: Row, { by, now, at = now, isWaiting }: Redelivery): Row {
  const { status, is_manual: isManual, next_attempt_at: dueAt, resume_at: resumeAt } = before
  const goesOnAt = isManual === 1 ? resumeAt : isWaiting ? at : dueAt
  return {
    ...before,
    stage: 'pending',
    status: 'pending',
    version: Number(before['version']) + 1,
    is_manual: 1,
    redelivered_by: by,
    manual_retry_count: Number(before['manual_retry_count']) + 1,
    lapses: 0,
    resume_at: status === 'pending' ? (goesOnAt ?? null) : null,
    next_attempt_at: at,
    sweep_at: at + LEASE_MS,
    updated_at: now,
  }
}

/** The columns of an endpoint that a change gives another value. */
export function changedBy(before: Row, wanted: Row): string[] {
  return Object.keys(wanted).filter((name) => wanted[name] !== before[name])
}

/** An endpoint after a change, which writes nothing when all is that way already. */
export function changedRow(before: Row, wanted: Row, now: number): Row {
  if (changedBy(before, wanted).length === 0) return before
  const { status } = wanted
  const isWell = before['status'] === 'enabled' && before['consecutive_failures'] === 0
  const goesOn = isWell || before['url'] === LISTEN_URL
  const opened = goesOn ? {} : { sweep_at: now, pace: 1 }
  const enabled = { disabled_reason: null, disabled_at: null, consecutive_failures: 0, ...opened }
  const disabled = {
    disabled_reason: before['disabled_reason'] ?? 'disabled_by_customer',
    disabled_at: before['disabled_at'] ?? now,
  }
  const more = status === 'enabled' ? enabled : status === 'disabled' ? disabled : {}
  return { ...before, ...wanted, ...more, updated_at: now }
}

/** The rows after an endpoint was deleted: gone, and its pending deliveries ended. */
export function afterDeletion(before: Tables, id: string, now: number): Tables {
  const tables = copyOf(before)
  const endpoint = before.endpoints.get(id)
  if (!endpoint) return tables
  const { org_id = null, description = null } = endpoint
  const trace = { org_id, id, description, deleted_at: now, sweep_at: now + DELETED_MS }
  tables.deleted_endpoints.set(id, trace)
  for (const row of before.deliveries.values()) {
    if (row['endpoint_id'] === id && row['status'] === 'pending')
      change(tables.deliveries, row, endedBy('endpoint deleted', row, now))
  }
  return tables
}
