// A walk through what matches a filter: oldest first, from a cursor on, bounded whatever the filter is.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from './client.ts'
import { eventIdOf, isOfCallSql, isOfEventSql, lowestIdAt } from './ids.ts'
import { stagesOf, STATUSES, type DeliveryStatus, type Stage } from './words.ts'

/** Which deliveries are meant; all that is given must match. */
export type RangeFilter = {
  /** '' for inline deliveries. */
  endpointId?: string | undefined
  statuses?: readonly DeliveryStatus[] | undefined
  eventTypes?: readonly string[] | undefined
  /** OPERATIONAL for what is about the service itself, which is met so alone. */
  callId?: string | undefined
  /** Created at this instant or later, in Unix ms. */
  createdFrom?: number | undefined
  /** Created before this instant, in Unix ms. */
  createdBefore?: number | undefined
}

/** What to walk through. */
export type Walk = {
  orgId: string
  filter: RangeFilter
  /** Only what was created, and last changed, before this instant, in Unix ms. */
  asOf?: number | undefined
  /** Begin behind this id; '' for the first one. */
  after: string
  /** Rows to read, at most. */
  most: number
  /** Come by every event: all deliveries are in the way, and the events that have none. */
  hasEvents?: boolean | undefined
  /** From the other end, ahead of `before` where that is given. */
  isBackwards?: boolean | undefined
  before?: string | undefined
}

/** A delivery that a walk has found; `isForgotten`: its payload was deleted. */
export type Match = { id: string; version: number; manualRetryCount: number; isForgotten?: boolean }

/**
 * An event that an endpoint has missed: of which there is no delivery to it. `callId`: as it was sent;
 * `isForgotten`: its payload was deleted, so that none will be made; `isFiltered`: nor because of its endpoint's filter.
 */
export type Missed = { id: string; callId: string; isForgotten?: boolean; isFiltered?: boolean }

/** How far a walk came: up to `furthest`, and to the end where it `isOver`; null: it has read nothing. */
export type Walked = {
  matches: Match[]
  /** In no order; none where they were not looked for. */
  missed: Missed[]
  furthest: string | null
  isOver: boolean
}

const LAST_MS = Number.MAX_SAFE_INTEGER

/** What a row that was read tells, beside its stage and id, unless something else is said. */
const COLUMNS = [
  'status',
  'endpoint_id',
  'call_id',
  'event_type',
  'url',
  'version',
  'manual_retry_count',
  'delivered_at',
  'updated_at',
  'payload_deleted_at',
] as const

/** What else it may tell; the log is long. */
type Column = (typeof COLUMNS)[number] | 'redelivered_by' | 'is_manual' | 'last_error' | 'attempts'

type AnyColumn = Column | 'stage'

/**
 * SQL: a subquery for the rows that a walk reads, `most` of them at most, in the order of their ids. `is_match`
 * tells those that are meant: what no index knows is asked of each row that was read, so that a filter under
 * which little matches is no longer walk. Where it reads fewer than `most`, it has come to the end. A walk
 * through a call, or one that `hasEvents`, also answers events of which there is no delivery in the way, with a
 * `stage` of NULL; the latter those of other calls, too.
 * Where little is to be told of each, an endpoint's walk reads nothing but its index.
 */
export function walk(about: Walk, told: readonly Column[] = COLUMNS): SQL {
  const names = columnsOf(about, told)
  const rows = about.filter.callId === undefined ? walkStages(about, names) : walkCall(about, names)
  return sql`(SELECT w.*, (${isMatch(about)}) IS TRUE AS is_match FROM (${rows}) AS w)`
}

/** SQL expression: 1 where the payload of what a row is about was deleted, else 0. */
export const IS_FORGOTTEN: SQL = sql`(payload_deleted_at IS NOT NULL)`

/** The query for what a walk finds: one row, for `readWalked`. */
export function selectWalked(db: Database, about: Walk) {
  return statement<StoredWalk>(
    db,
    sql`
    SELECT count(*) AS seen, max(id) AS furthest,
      json_group_array(json_array(id, version, manual_retry_count, ${IS_FORGOTTEN}))
        FILTER (WHERE is_match) AS matches
    FROM ${walk(about)}`,
  )
}

/** What such a query answers; the lists are JSON. */
export type StoredWalk = {
  seen: number
  furthest: string | null
  matches: string
  missed?: string
}

/** What `selectWalked`, or a query that answers the same, has found. */
export function readWalked([found]: StoredWalk[], { most }: Pick<Walk, 'most'>): Walked {
  if (!found) throw new Error('an aggregate answers one row')
  // selectWalked writes a list of lists of four.
  const stored = JSON.parse(found.matches) as [string, number, number, 0 | 1][]
  const matches = stored
    .map(([id, version, manualRetryCount, is]) => {
      return { id, version, manualRetryCount, isForgotten: is === 1 }
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  // selectMissedWalk writes a list of lists of three.
  const missed = JSON.parse(found.missed ?? '[]') as [string, string, 0 | 1][]
  return {
    matches,
    missed: missed.map(([id, callId, is]) => ({ id, callId, isForgotten: is === 1 })),
    furthest: found.furthest,
    isOver: found.seen < most,
  }
}

// Each arm is in id order already (the primary key, or the endpoint's index), so SQLite merges them and
// reads no more than what it answers.
function walkStages(about: Walk, names: AnyColumn[]): SQL {
  const { orgId, filter, most, hasEvents } = about
  const isBetween = within(sql`d.id`, about)
  const columns = sql.raw(names.map((name) => `d.${name}`).join(', '))
  const ofOrg = sql`d.org_id = ${orgId}`
  const ofStage = (stage: Stage) => sql`
    SELECT d.id, ${columns} FROM deliveries d
    WHERE d.stage = ${stage} AND ${hasEvents ? ofOrg : ofOwner(orgId, filter, stage)}
      AND ${isOfCallSql(sql`d.id`)} AND ${isBetween}`
  const arms = stagesIn(about).map(ofStage)
  if (hasEvents) arms.push(loneEvents(about, names))
  return sql`${sql.join(arms, sql` UNION ALL `)} ORDER BY id ${order(about)} LIMIT ${literal(most)}`
}

// The unary plus takes the primary key away from the planner, and what the endpoint's index has is not new,
// which leaves that index. It has all orgs' endpoints: another one's is looked up first, and is none.
function ofOwner(orgId: string, { endpointId }: RangeFilter, stage: Stage): SQL {
  if (!endpointId || stage === 'new') return sql`d.org_id = ${orgId}`
  return sql`+d.org_id = ${orgId} AND d.stage <> 'new' AND d.endpoint_id = (
    SELECT ep.id FROM endpoints ep WHERE ep.org_id = ${orgId} AND ep.id = ${endpointId}
    UNION ALL
    SELECT gone.id FROM deleted_endpoints gone WHERE gone.org_id = ${orgId} AND gone.id = ${endpointId})`
}

// An event without such a delivery answers a row, too: so the events that are read are bounded as well. An
// event's id sorts just before its deliveries'.
function walkCall(about: Walk, names: AnyColumn[]): SQL {
  const { orgId, filter, after, most, hasEvents } = about
  const id = sql`coalesce(d.id, ev.id)`
  const columns = names.map((name) => `${(hasEvents && OF_EVENT[name]) || `d.${name}`} AS ${name}`)
  const ofCall = sql`
    SELECT ${id} AS id, ${sql.raw(columns.join(', '))}
    FROM events ev LEFT JOIN deliveries d ON d.org_id = ${orgId} AND d.stage IN (${listOf(stagesIn(about))})
      AND ${isOfEventSql(sql`d.id`, sql`ev.id`)}
    WHERE ev.org_id = ${orgId} AND ev.listed_under = ${filter.callId?.toLowerCase()}
      AND ev.id >= ${after && eventIdOf(after)} AND ev.id < ${endOf(about)} AND ${within(id, about)}
    ORDER BY ev.id ${order(about)}, ${id} ${order(about)} LIMIT ${literal(most)}`
  if (!hasEvents) return ofCall
  return sql`SELECT * FROM (${ofCall}) UNION ALL ${loneEvents(about, names)}
    ORDER BY id ${order(about)} LIMIT ${literal(most)}`
}

/** What an event tells of a delivery that it might have. */
const OF_EVENT: Partial<Record<AnyColumn, string>> = {
  call_id: 'coalesce(ev.call_id, ev.listed_under)',
  event_type: 'ev.type',
  payload_deleted_at: 'ev.payload_deleted_at',
}

/** The same where none can be beside it: also which endpoint it was for, if it was for one only. */
const OF_LONE: typeof OF_EVENT = { ...OF_EVENT, endpoint_id: 'ev.endpoint_id' }

/** SQL: the events that have no delivery, which no call lists. */
function loneEvents(about: Walk, names: AnyColumn[]): SQL {
  const columns = names.map((name) => OF_LONE[name] ?? 'NULL')
  return sql`SELECT ev.id, ${sql.raw(columns.join(', '))} FROM events ev
    WHERE ev.org_id = ${about.orgId} AND ev.listed_under = '' AND ${within(sql`ev.id`, about)}`
}

/** What is asked of a row, for `isMatch` too. */
function columnsOf(
  { filter: { endpointId, eventTypes, statuses }, asOf, hasEvents }: Walk,
  told: readonly Column[],
): AnyColumn[] {
  const asked: AnyColumn[] = [
    'stage',
    ...told,
    ...(hasEvents && statuses ? ['status' as const] : []),
    ...(endpointId === undefined ? [] : ['endpoint_id' as const]),
    ...(eventTypes === undefined ? [] : ['event_type' as const]),
    ...(asOf === undefined ? [] : ['updated_at' as const]),
  ]
  return [...new Set(asked)]
}

function order({ isBackwards = false }: Walk): SQL {
  return isBackwards ? sql`DESC` : sql`ASC`
}

function stagesIn({ filter: { statuses = STATUSES }, hasEvents }: Walk): Stage[] {
  return (hasEvents ? STATUSES : statuses).flatMap(stagesOf)
}

function listOf(texts: readonly string[]): SQL {
  return sql.join(
    texts.map((text) => sql`${text}`),
    sql`, `,
  )
}

/** The ids carry their instant, so a range of time is a range of ids. */
function within(id: SQL, about: Walk): SQL {
  const from = lowestIdAt(about.filter.createdFrom ?? 0)
  return sql`${id} > ${about.after} AND ${id} >= ${from} AND ${id} < ${endOf(about)}`
}

function endOf({ filter: { createdBefore = LAST_MS }, asOf = LAST_MS, before }: Walk): string {
  const end = lowestIdAt(Math.min(createdBefore, asOf))
  return before !== undefined && before < end ? before : end
}

/** SQL condition: the row `w` is meant, as far as the walk's order does not say so. */
function isMatch({ filter: { endpointId, eventTypes, statuses }, asOf, hasEvents }: Walk): SQL {
  const conditions = [
    sql`w.stage IS NOT NULL`,
    ...(hasEvents && statuses ? [sql`w.status IN (${listOf(statuses)})`] : []),
    ...(endpointId === undefined ? [] : [sql`w.endpoint_id IS ${endpointId || null}`]),
    ...(eventTypes === undefined ? [] : [sql`w.event_type IN (${listOf(eventTypes)})`]),
    ...(asOf === undefined ? [] : [sql`w.updated_at < ${asOf}`]),
  ]
  return sql.join(conditions, sql` AND `)
}
