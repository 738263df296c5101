// Made-up endpoints, and what their hours have counted.
import type { Endpoint } from '../../../db/account/endpoints.ts'
import type { Condition } from '../../../db/views/conditions.ts'
import type { Stats } from '../../../db/views/stats.ts'
import { HOUR_MS } from '../../ui/series.ts'
import { ENDPOINT_ID } from './made-deliveries.ts'
import { FOREIGN, HOSTILE, LONG_NAME, LONG_URL, SHORT_URL, UNBROKEN } from './made-texts.ts'

/** One that is well, but for what is told of it. */
export function makeEndpoint(now: number, told: Partial<Endpoint> = {}): Endpoint {
  return {
    orgId: '0199ab12-0000-7000-8000-00000000000a',
    id: ENDPOINT_ID,
    url: SHORT_URL,
    description: 'Billing',
    enabledEvents: ['*'],
    status: 'enabled',
    disabledReason: null,
    disabledAt: null,
    dismissedAt: null,
    consecutiveFailures: 0,
    sweepAt: null,
    unwellSince: null,
    pace: null,
    filter: null,
    maxPerSecond: null,
    nextSlotAt: null,
    freshFrom: null,
    metadata: null,
    externalId: null,
    orderingMaxWait: null,
    clientCertificate: null,
    listener: null,
    headersSealed: null,
    headersShown: null,
    createdAt: now - 900 * HOUR_MS,
    updatedAt: now - 2 * HOUR_MS,
    health: 'well',
    ...told,
  }
}

type State = { name: string; condition: Condition; told: (now: number) => Partial<Endpoint> }

/** States by their names, and what is told of the endpoints in them. */
export const ENDPOINT_STATES: State[] = [
  { name: 'Enabled, and well', condition: 'well', told: () => ({}) },
  {
    name: 'Slow, with a long name',
    condition: 'slow',
    told: (now) => ({
      description: LONG_NAME,
      url: LONG_URL,
      health: 'unwell',
      unwellSince: now - HOUR_MS,
    }),
  },
  {
    name: 'Failing',
    condition: 'failing',
    told: (now) => ({
      consecutiveFailures: 12,
      health: 'unwell',
      unwellSince: now - 6 * HOUR_MS,
    }),
  },
  {
    name: 'In order, and well',
    condition: 'well',
    told: () => ({ orderingMaxWait: 86_400 }),
  },
  { name: 'Trying', condition: 'trying', told: () => ({ pace: 1, health: 'recovering' }) },
  { name: 'Recovering', condition: 'recovering', told: () => ({ pace: 4, health: 'recovering' }) },
  {
    name: 'Disabled by us, and hostile',
    condition: 'failing',
    told: (now) => ({
      description: HOSTILE,
      url: `https://example.com/${UNBROKEN}`,
      status: 'disabled',
      disabledReason: 'too_many_failures',
      disabledAt: now - 30 * HOUR_MS,
      consecutiveFailures: 10,
    }),
  },
  {
    name: 'Disabled by hand, without a name',
    condition: 'well',
    told: () => ({ description: null, url: LONG_URL, status: 'disabled' }),
  },
  {
    name: 'In another script, nothing else known',
    condition: 'well',
    told: () => ({ description: FOREIGN, enabledEvents: ['call.completed'] }),
  },
]

/** All of them, each with an id of its own. */
export function makeEndpoints(now: number): Endpoint[] {
  return ENDPOINT_STATES.map(({ told }, place) => {
    const id = `${ENDPOINT_ID.slice(0, -2)}e${place + 1}`
    return makeEndpoint(now, Object.assign(told(now), { id }))
  })
}

/** Hours of an endpoint that count nothing. */
export const NO_STATS: Stats = { hours: [], counts: [], untilAt: 0 }

/** The last `hours` hours of an endpoint, `most` deliveries in the busiest; a few of each fail. */
export function makeStats(
  now: number,
  { hours, most, endpointId = ENDPOINT_ID }: { hours: number; most: number; endpointId?: string },
): Stats {
  const last = Math.floor(now / HOUR_MS)
  const made = Array.from({ length: hours }, (_, place) => {
    const created = Math.ceil(most * Math.abs(Math.sin(place + 1)))
    const timed = place % 5 === 0 ? 0 : created
    const latency = { timed, latencyMs: timed * 230, slowestMs: timed === 0 ? 0 : 9800 }
    const latencies = JSON.stringify(timed === 0 ? {} : { 20: timed, 30: Math.ceil(timed / 20) })
    return { hour: last - place, endpointId, created, firstOk: created, ...latency, latencies }
  })
  const counts = made.flatMap(({ hour, created }) => {
    const count = Math.floor(created / 6)
    return (['pending', 'exhausted'] as const).map((status) => ({
      hour,
      endpointId,
      status,
      count,
      failed: count,
    }))
  })
  return { hours: made, counts, untilAt: now }
}
