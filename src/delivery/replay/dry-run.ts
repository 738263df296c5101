// The plan of a replay: what it would send, how long that takes, and what is to be known before.
import { listEndpoints, type Endpoint } from '../../db/account/endpoints.ts'
import { instantOf } from '../../db/ids.ts'
import type { MissedGroup } from '../../db/replays/count-missed.ts'
import {
  countMatches,
  describeMatches,
  type MatchGroup,
  type Matches,
} from '../../db/replays/plan.ts'
import { readConditions, type Condition } from '../../db/views/conditions.ts'
import type { DeliveryStatus } from '../../db/words.ts'
import { enforceLimit } from '../../limits.ts'
import { composeBody } from '../../webhook/request.ts'
import type { World } from '../../world.ts'
import { findMissed, type FoundMissed } from './missed.ts'
import type { ReplayRequest } from './start.ts'

/** What a person is warned of. */
export const WARNINGS = [
  'endpoint_disabled',
  'endpoint_deleted',
  'endpoint_failing',
  'url_changed',
] as const

/** One of them, of an endpoint and so many deliveries to it. */
export type PlanWarning = {
  code: (typeof WARNINGS)[number]
  endpointId: string
  count: number
  message: string
}

/**
 * What a replay would do. Unless `totalIsExact`, at least `total` match, and the counts are those of the
 * first `itemized` of them; `bytes`, of all bodies, may be estimated by a sample.
 */
export type ReplayPlan = {
  total: number
  totalIsExact: boolean
  itemized: number
  /** Deliveries yet to be made, of events that their endpoints have missed; they have no status. */
  missing: number
  byStatus: Record<DeliveryStatus, number>
  byEndpoint: { endpointId: string | null; count: number }[]
  byEventType: { type: string; count: number }[]
  oldestAt: number | null
  newestAt: number | null
  bytes: number
  bytesAreExact: boolean
  alreadyDelivered: number
  seconds: number
  warnings: PlanWarning[]
}

/** Bytes of a body beside what differs from one to the next: the names, and the delivery's id. */
const FRAME_BYTES =
  composeBody({ id: '', type: '', created: 0, apiVersion: '', callId: null, call: '' }).length -
  1 +
  36

/**
 * Plans a replay, and stores nothing. What is read is bounded, however many match. The URL of copies is judged
 * by whoever asks. @throws AppError `rate_limited`.
 */
export async function planReplay(
  world: Pick<World, 'config' | 'now' | 'store' | 'isWithinLimit'>,
  orgId: string,
  request: ReplayRequest,
): Promise<ReplayPlan> {
  await enforceLimit(world, 'plan_replay', orgId)
  const { filter, hasMissing, ratePerSecond } = request
  const now = world.now()
  const db = world.store.of(orgId)
  const counted = await countMatches(db, orgId, filter, now)
  const missed = hasMissing ? await findMissed(world, orgId, filter, now) : NONE_MISSED
  const [matches, endpoints, conditions] = await Promise.all([
    describeMatches(db, orgId, { filter, before: now, missed: missed.sample }, counted),
    listEndpoints(db, orgId),
    readConditions(db, orgId),
  ])
  const total = counted.total + missed.total
  const groups = [...matches.groups, ...missed.groups.map(toGroup)]
  const ofDisabled = missed.ofDisabled.map(toGroup)
  const warnings = warn([...groups, ...ofDisabled], endpoints, conditions)
  return {
    total,
    totalIsExact: counted.totalIsExact && missed.isExact,
    itemized: sumOf(groups, 'count'),
    missing: missed.total,
    ...tellApart(matches.groups, groups),
    ...endsOf([counted.oldest, matches.newest, missed.oldest, missed.newest]),
    bytes: bytesOf(matches, total),
    bytesAreExact: counted.totalIsExact && missed.total === 0 && matches.measured === total,
    alreadyDelivered: sumOf(groups, 'taken'),
    seconds: Math.ceil(total / ratePerSecond),
    warnings: warnings.filter(({ code }) => isOf(request, code)),
  }
}

/** Whether it matters: copies go past the endpoint, but it has to be there to sign them. */
function isOf({ recipient, copiesTo }: ReplayRequest, code: PlanWarning['code']): boolean {
  if (copiesTo !== null) return code === 'endpoint_deleted'
  return code !== 'url_changed' || recipient === 'original'
}

const NONE_MISSED: FoundMissed = {
  groups: [],
  ofDisabled: [],
  total: 0,
  isExact: true,
  oldest: null,
  newest: null,
  sample: [],
}

/** What is yet to be made has no status. */
type Group = Omit<MatchGroup, 'status'>

function toGroup({ endpointId, eventType, count }: MissedGroup): Group {
  return { endpointId, eventType, count, taken: 0, elsewhere: 0 }
}

function tellApart(
  stored: MatchGroup[],
  all: Group[],
): Pick<ReplayPlan, 'byStatus' | 'byEndpoint' | 'byEventType'> {
  const none = { pending: 0, delivered: 0, exhausted: 0 }
  return {
    byStatus: { ...none, ...Object.fromEntries(by(stored, 'status')) },
    byEndpoint: by(all, 'endpointId').map(([endpointId, count]) => ({ endpointId, count })),
    byEventType: by(all, 'eventType').map(([type, count]) => ({ type, count })),
  }
}

function endsOf(ids: (string | null)[]): Pick<ReplayPlan, 'oldestAt' | 'newestAt'> {
  const instants = ids.filter((id) => id !== null).map(instantOf)
  if (instants.length === 0) return { oldestAt: null, newestAt: null }
  return { oldestAt: Math.min(...instants), newestAt: Math.max(...instants) }
}

function sumOf(groups: Group[], what: 'count' | 'taken' | 'elsewhere'): number {
  return groups.reduce((sum, group) => sum + group[what], 0)
}

/** How many there are of each, most first. */
function by<One extends Group, Member extends keyof One>(
  groups: One[],
  member: Member,
): [One[Member], number][] {
  const same = Map.groupBy(groups, (group) => group[member])
  return Array.from(same, ([key, some]): [One[Member], number] => [
    key,
    sumOf(some, 'count'),
  ]).toSorted(([, one], [, other]) => other - one)
}

function bytesOf({ measured, bytes }: Matches, total: number): number {
  return measured === 0 ? 0 : Math.round((bytes / measured + FRAME_BYTES) * total)
}

function warn(
  groups: Group[],
  endpoints: Endpoint[],
  conditions: Map<string, Condition>,
): PlanWarning[] {
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
  return by(groups, 'endpointId').flatMap(([endpointId, count]) => {
    if (endpointId === null) return []
    const state = stateOf(byId.get(endpointId), conditions.get(endpointId))
    const elsewhere = sumOf(
      groups.filter((group) => group.endpointId === endpointId),
      'elsewhere',
    )
    const about = state && { ...state, endpointId, count }
    const moved = elsewhere > 0 ? { ...MOVED, endpointId, count: elsewhere } : undefined
    return [about, moved].filter((warning) => warning !== undefined)
  })
}

const MOVED = {
  code: 'url_changed',
  message: 'They go to the URL they were made with; the endpoint has another one now.',
} as const

function stateOf(endpoint: Endpoint | undefined, condition: Condition | undefined) {
  if (!endpoint) {
    const message = 'The endpoint was deleted: its deliveries are skipped.'
    return { code: 'endpoint_deleted', message } as const
  }
  if (endpoint.status === 'disabled') {
    const message = 'The endpoint is disabled: nothing is sent to it unless it is enabled.'
    return { code: 'endpoint_disabled', message } as const
  }
  if (condition !== 'failing') return undefined
  const message =
    'The last attempt of the endpoint failed: it is held when the first ten deliveries fail, too.'
  return { code: 'endpoint_failing', message } as const
}
