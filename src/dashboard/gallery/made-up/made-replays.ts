// Made-up replays, in every status and situation, and plans of some.
import type { Endpoint } from '../../../db/account/endpoints.ts'
import type { Replay } from '../../../db/replays/words.ts'
import type { ReplayPlan } from '../../../delivery/replay/dry-run.ts'
import { ENDPOINT_ID } from './made-deliveries.ts'
import { makeEndpoint } from './made-endpoints.ts'
import { HOSTILE, LONG_NAME, LONG_URL, UNBROKEN } from './made-texts.ts'

const HOUR_MS = 3_600_000

/** An endpoint that is gone. */
const GONE_ID = '0199ab12-0000-7000-8000-0000deadbeef'

/** One that has just begun, but for what is told of it. */
function makeReplay(now: number, told: Partial<Replay> = {}): Replay {
  return {
    orgId: '0199ab12-0000-7000-8000-00000000000a',
    id: '0199ab12-5555-7000-8000-000000000001',
    status: 'running',
    filter: { statuses: ['exhausted'], endpointId: ENDPOINT_ID, createdFrom: now - 6 * HOUR_MS },
    hasMissing: false,
    recipient: 'original',
    copiesTo: null,
    ratePerSecond: 10,
    reason: null,
    createdBy: 'dashboard:ab12cd34',
    createdAt: now,
    updatedAt: now,
    endedAt: null,
    fault: null,
    total: 12_480,
    totalIsExact: true,
    replayed: 0,
    delivered: 0,
    failed: 0,
    skipped: {},
    heldEndpoints: [],
    remaining: 12_480,
    etaAt: now + HOUR_MS / 2,
    ...told,
  }
}

type State = { name: string; told: (now: number) => Partial<Replay> }

/** Half way, with something of everything. */
const half = (now: number): Partial<Replay> => ({
  createdAt: now - HOUR_MS / 4,
  replayed: 6200,
  delivered: 6100,
  failed: 12,
  skipped: { changed: 3, endpoint_disabled: 20, endpoint_deleted: 1, limit_reached: 16 },
  remaining: 6240,
})

/** States by their names, and what is told of the replays in them. */
export const REPLAY_STATES: State[] = [
  { name: 'Running, just begun', told: () => ({}) },
  { name: 'Running, half way', told: half },
  {
    name: 'Running, held, and hostile',
    told: (now) => ({
      ...half(now),
      reason: `${HOSTILE} ${UNBROKEN}`,
      heldEndpoints: [ENDPOINT_ID, GONE_ID],
      filter: { endpointId: GONE_ID, eventTypes: ['call.completed', 'call.failed'] },
      hasMissing: true,
      totalIsExact: false,
      total: 100_000,
    }),
  },
  {
    name: 'Paused',
    told: (now) => ({ ...half(now), status: 'paused', etaAt: null, recipient: 'current' }),
  },
  {
    name: 'Completed',
    told: (now) => ({
      status: 'completed',
      createdAt: now - HOUR_MS,
      endedAt: now - HOUR_MS / 2,
      replayed: 12_480,
      delivered: 12_480,
      remaining: 0,
      etaAt: null,
      reason: LONG_NAME,
    }),
  },
  {
    name: 'Completed, of nothing',
    told: (now) => ({ status: 'completed', endedAt: now, total: 0, remaining: 0, etaAt: null }),
  },
  {
    name: 'Canceled',
    told: (now) => ({ ...half(now), status: 'canceled', endedAt: now, etaAt: null }),
  },
  {
    name: 'Failed',
    told: (now) => ({
      ...half(now),
      status: 'failed',
      endedAt: now,
      etaAt: null,
      fault: 'its filter does not read any more',
      createdBy: 'admin',
    }),
  },
]

/** All of them, each with an id of its own. */
export function makeReplays(now: number): Replay[] {
  return REPLAY_STATES.map(({ told }, place) => {
    const id = `0199ab12-5555-7000-8000-00000000000${place + 1}`
    return makeReplay(now, Object.assign(told(now), { id }))
  })
}

/** What a replay's page calls endpoints by. */
export function knownTo(now: number): Map<string, Endpoint> {
  const endpoint = makeEndpoint(now, { description: LONG_NAME, url: LONG_URL })
  return new Map([[ENDPOINT_ID, endpoint]])
}

/** Of nothing, but for what is told of it. */
export function makePlan(told: Partial<ReplayPlan> = {}): ReplayPlan {
  return {
    total: 0,
    totalIsExact: true,
    itemized: 0,
    missing: 0,
    byStatus: { pending: 0, delivered: 0, exhausted: 0 },
    byEndpoint: [],
    byEventType: [],
    oldestAt: null,
    newestAt: null,
    bytes: 0,
    bytesAreExact: true,
    alreadyDelivered: 0,
    seconds: 0,
    warnings: [],
    ...told,
  }
}

/** Of at least a hundred thousand, with each of its warnings. */
export function makeLargePlan(now: number): ReplayPlan {
  const warning = { endpointId: ENDPOINT_ID, count: 1234, message: 'its endpoint is disabled' }
  return makePlan({
    total: 100_000,
    totalIsExact: false,
    itemized: 10_000,
    missing: 37,
    byStatus: { pending: 1, delivered: 99, exhausted: 9900 },
    byEndpoint: [
      { endpointId: ENDPOINT_ID, count: 9000 },
      { endpointId: GONE_ID, count: 999 },
      { endpointId: null, count: 1 },
    ],
    byEventType: [
      { type: 'call.completed', count: 9999 },
      { type: HOSTILE, count: 1 },
    ],
    oldestAt: now - 700 * HOUR_MS,
    newestAt: now,
    bytes: 48_000_000_000,
    bytesAreExact: false,
    alreadyDelivered: 99,
    seconds: 10_000,
    warnings: [
      { ...warning, code: 'endpoint_disabled' },
      { ...warning, code: 'url_changed' },
    ],
  })
}
