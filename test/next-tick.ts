// When the cron next has anything to do: days of ticks for nothing take no time in a test.
import { env } from 'cloudflare:workers'
import { LEASE_MS } from '../src/delivery/lease.ts'

const MINUTE_MS = 60_000

const SOONEST = `SELECT min(at) AS at FROM (
  SELECT min(sweep_at) - ${MINUTE_MS} AS at FROM deliveries WHERE stage = 'pending'
  UNION ALL SELECT min(next_attempt_at) + ${LEASE_MS} FROM deliveries WHERE stage = 'new'
  UNION ALL SELECT min(at) FROM (
        SELECT min(next_step_at) + ${MINUTE_MS} AS at FROM replays
        UNION ALL SELECT min(sweep_at) FROM replay_copies)
  UNION ALL SELECT min(sweep_at) FROM endpoints UNION ALL SELECT min(sweep_at) FROM deleted_endpoints)`

/** The next minute of the cron after an instant (Unix ms) that is not for nothing. */
export async function nextTick(clock: number): Promise<number> {
  const soonest = await env.DB.prepare(SOONEST).first<number>('at')
  const from = Math.max(clock + 1, soonest ?? Number.MAX_SAFE_INTEGER)
  return Math.ceil(from / MINUTE_MS) * MINUTE_MS
}
