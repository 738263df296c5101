// The portions of a pass: which rows of which table are copied together, by when they were made.
import { sql, type SQL } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { lowestIdAt } from '../ids.ts'
import { replayCopies } from '../replays/schema.ts'
import { auditLog, deliveries, events, hourlyStats, idempotencyKeys } from '../schema.ts'
import { HOUR_MS } from '../upkeep/roll-up.ts'
import { ANY_STAGE, STAGES } from '../words.ts'
import { SMALL } from './tables.ts'

/** From when until when, in Unix ms; null: from the beginning, and to the end. */
export type Window = { since: number | null; until: number | null }

/** Some rows of one table; `condition` is on the row `r`. */
export type Portion = {
  name: string
  table: SQLiteTable
  condition: (window: Window) => SQL
  /** Where the primary key does not have them in an order to page by. */
  order?: string[]
  index?: string
  /** Deliveries that wait to be sent. */
  isOpen?: boolean
}

/**
 * Hours that are copied again with each pass, in Unix hours: the roll-up adds to those since it last ran,
 * and after a pause it counts a week.
 */
const RECOUNTED_HOURS = 8 * 24

/**
 * Deliveries by their stage, in the order in which they go from one to the next: one that changes while
 * it is looked for is met at the latest where it goes to.
 */
export const DELIVERY_PORTIONS: readonly Portion[] = STAGES.map((stage) => ({
  name: `deliveries ${stage}`,
  table: deliveries,
  condition: (window) => sql`r.stage = ${stage} AND ${isMadeIn(sql`r.id`, window)}`,
  order: ['id'],
  isOpen: stage === 'new' || stage === 'pending',
}))

/** Events that made no delivery: the others are copied with theirs. */
const LONE_EVENTS: Portion = {
  name: 'events',
  table: events,
  condition: (window) => sql`r.listed_under = '' AND ${isMadeIn(sql`r.id`, window)}`,
  order: ['id'],
}

/** The audit log tells which deliveries were asked for again, and which events’ payloads deleted, however old. */
export const AUDIT_LOG: Portion = {
  name: 'audit_log',
  table: auditLog,
  condition: (window) => isMadeIn(sql`r.id`, window),
}

const IDEMPOTENCY_KEYS: Portion = {
  name: 'idempotency_keys',
  table: idempotencyKeys,
  condition: (window) => isWithin(sql`r.created_at`, window, (at) => at),
  order: ['created_at', 'key'],
  index: 'idempotency_keys_by_age',
}

const HOURLY_STATS: Portion = {
  name: 'hourly_stats',
  table: hourlyStats,
  condition: (window) =>
    isWithin(sql`r.hour`, window, (at) => Math.floor(at / HOUR_MS) - RECOUNTED_HOURS),
}

/**
 * Copies are over at most so many ms after the step of their replay that made them: with its leases one lapses
 * for about two days.
 */
const LATEST_COPY_MS = 3 * 24 * 3600_000

/** What replays have sent elsewhere, by when it changed last: within those alone that may have any such. */
const REPLAY_COPIES: Portion = {
  name: 'replay_copies',
  table: replayCopies,
  condition: (window) => sql`r.replay_id IN (SELECT one.id FROM replays one
      WHERE one.org_id = r.org_id AND one.copies_to IS NOT NULL
        AND coalesce(one.ended_at >= ${(window.since ?? 0) - LATEST_COPY_MS}, true))
    AND ${isWithin(sql`r.updated_at`, window, (at) => at)}`,
}

/** What a pass copies while the org goes on. */
export const HISTORY_PORTIONS: readonly Portion[] = [
  ...DELIVERY_PORTIONS,
  LONE_EVENTS,
  AUDIT_LOG,
  IDEMPOTENCY_KEYS,
  HOURLY_STATS,
  REPLAY_COPIES,
]

/** Deliveries that were noted; which these are is asked where the org comes to. */
export const UNSETTLED: Portion = {
  name: 'unsettled deliveries',
  table: deliveries,
  condition: () => sql`r.stage IN ${ANY_STAGE}`,
  order: ['id'],
}

/** What is copied while nobody writes: what was made since, what was noted, and what is small. */
export const LAST_PORTIONS: readonly Portion[] = [
  ...HISTORY_PORTIONS,
  UNSETTLED,
  ...SMALL.map((table) => ({
    name: getTableConfig(table).name,
    table,
    condition: () => sql`true`,
  })),
]

function isMadeIn(id: SQL, window: Window): SQL {
  return isWithin(id, window, lowestIdAt)
}

function isWithin(value: SQL, { since, until }: Window, toBound: (at: number) => string | number) {
  const isLater = since === null ? sql`true` : sql`${value} >= ${toBound(since)}`
  const isEarlier = until === null ? sql`true` : sql`${value} < ${toBound(until)}`
  return sql`${isLater} AND ${isEarlier}`
}
