// Made-up deliveries, in every state that one can be in.
import type { ListedDelivery } from '../../../db/views/look-up.ts'
import { DISCARDED, ENDPOINT_DELETED, PAYLOAD_DELETED } from '../../../db/lifecycle/ended.ts'
import { FOREIGN, HOSTILE, LONG_ERROR, LONG_URL, SHORT_URL, UNBROKEN } from './made-texts.ts'

const MINUTE_MS = 60_000

/** Its last digits say that it is no test. */
const DELIVERY_ID = '0199ab12-3c4d-7e5f-8a6b-9c0d1e2f0001'

/** The same event's, of a test. */
const TEST_ID = '0199ab12-3c4d-7e5f-8a6b-9c0d1e2ffffe'

/** The endpoint of all made-up deliveries. */
export const ENDPOINT_ID = '0199ab12-0000-7000-8000-0000000000e1'

/** One that waits for its first attempt, but for what is told of it. */
export function makeDelivery(now: number, told: Partial<ListedDelivery> = {}): ListedDelivery {
  return {
    orgId: '0199ab12-0000-7000-8000-00000000000a',
    id: DELIVERY_ID,
    endpointId: ENDPOINT_ID,
    callId: '4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10',
    eventType: 'call.completed',
    url: SHORT_URL,
    version: 1,
    attemptCount: 0,
    manualRetryCount: 0,
    nextAttemptAt: now + 2 * MINUTE_MS,
    sweepAt: now + 2 * MINUTE_MS,
    resumeAt: null,
    isManual: false,
    lapses: 0,
    redeliveredBy: null,
    lastError: null,
    lastErrorAt: null,
    lastResponseStatus: null,
    deliveredAt: null,
    createdAt: now - 90 * MINUTE_MS,
    updatedAt: now - 3 * MINUTE_MS,
    replayId: null,
    payloadDeletedAt: null,
    status: 'pending',
    situation: 'waiting',
    parkedAs: null,
    waitingFor: null,
    ...told,
  }
}

type State = { name: string; told: (now: number) => Partial<ListedDelivery> }

const failed = (lastError: string, lastResponseStatus: number | null = null) => ({
  attemptCount: 3,
  lastError,
  lastResponseStatus,
})

/** States by the words that a page has for them, and what the rows of each are. */
export const DELIVERY_STATES: State[] = [
  { name: 'Pending, new', told: () => ({}) },
  { name: 'Pending, due now', told: (now) => ({ nextAttemptAt: now - 1 }) },
  { name: 'Retrying', told: () => failed('HTTP 503', 503) },
  {
    name: 'Retrying, after a long error',
    told: () => ({ ...failed(LONG_ERROR), url: LONG_URL }),
  },
  { name: 'Held', told: () => ({ ...failed('timeout'), parkedAs: 'held', situation: 'parked' }) },
  { name: 'Waiting', told: () => ({ waitingFor: TEST_ID }) },
  { name: 'Paced', told: () => ({ parkedAs: 'paced', situation: 'parked' }) },
  {
    name: 'Redelivering, after a failure',
    told: () => ({ ...failed('HTTP 500', 500), isManual: true, manualRetryCount: 1 }),
  },
  {
    name: 'Redelivering, after a success',
    told: () => ({ attemptCount: 1, lastResponseStatus: 200, isManual: true, manualRetryCount: 2 }),
  },
  {
    name: 'Delivered',
    told: (now) => ({
      status: 'delivered',
      attemptCount: 1,
      lastResponseStatus: 200,
      deliveredAt: now - 3 * MINUTE_MS,
    }),
  },
  {
    name: 'Delivered, with an earlier error',
    told: (now) => ({
      ...failed('HTTP 500', 204),
      status: 'delivered',
      deliveredAt: now - MINUTE_MS,
    }),
  },
  {
    name: 'Delivered, a test',
    told: (now) => ({
      id: TEST_ID,
      status: 'delivered',
      attemptCount: 1,
      lastResponseStatus: 200,
      deliveredAt: now,
    }),
  },
  {
    name: 'Exhausted',
    told: () => ({ ...failed('HTTP 503', 503), status: 'exhausted', attemptCount: 8 }),
  },
  {
    name: 'Exhausted, redelivered in vain',
    told: () => ({
      ...failed(UNBROKEN, 500),
      status: 'exhausted',
      attemptCount: 8,
      manualRetryCount: 1000,
    }),
  },
  { name: 'Discarded', told: () => ({ status: 'exhausted', lastError: DISCARDED }) },
  { name: 'Endpoint deleted', told: () => ({ status: 'exhausted', lastError: ENDPOINT_DELETED }) },
  {
    name: 'Payload deleted',
    told: (now) => ({ status: 'exhausted', lastError: PAYLOAD_DELETED, payloadDeletedAt: now }),
  },
  {
    name: 'Delivered, and its payload deleted',
    told: (now) => ({
      status: 'delivered',
      attemptCount: 1,
      lastResponseStatus: 200,
      deliveredAt: now - 3 * MINUTE_MS,
      payloadDeletedAt: now,
    }),
  },
  {
    name: 'Inline, and hostile',
    told: () => ({
      ...failed(HOSTILE),
      endpointId: null,
      eventType: HOSTILE,
      callId: FOREIGN,
      url: `https://example.com/${UNBROKEN}`,
    }),
  },
  {
    name: 'Impossible times, nothing known',
    told: () => ({
      callId: null,
      url: '',
      createdAt: -1e18,
      updatedAt: Number.NaN,
      nextAttemptAt: 1e18,
    }),
  },
]

/** All of them as rows of a list, each with an id of its own. */
export function makeDeliveries(now: number): ListedDelivery[] {
  return DELIVERY_STATES.map(({ told }, place) => {
    const { id: first, ...rest } = makeDelivery(now, told(now))
    const id = first.slice(0, 24) + String(place).padStart(4, '0') + first.slice(28)
    return Object.assign(rest, { id })
  })
}
