// Made-up data of operational events: for each type what its body says when that happens.
import { OPERATIONAL_TYPES } from './event-types.ts'

/** One of OPERATIONAL_TYPES. */
export type OperationalType = (typeof OPERATIONAL_TYPES)[number]

/** Whether a type is one of these. */
export function isOperationalType(type: string): type is OperationalType {
  return OPERATIONAL_TYPES.some((one) => one === type)
}

/** What an event tells, as its JSON has it. */
type SampleData = Readonly<Record<string, unknown>>

const ENDPOINT = {
  id: '019a2f6e-2c30-7d4e-9a53-2b8f6c0d6c33',
  url: 'https://example.com/hooks',
  description: 'Billing',
  status: 'enabled',
  disabled_reason: null,
  disabled_at: null,
  consecutive_failures: 3,
}

const SINCE = '2026-04-15T14:29:50Z'

const EXHAUSTED = {
  id: '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001',
  event_type: 'call.completed',
  call_id: '61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59',
  url: 'https://example.com/hooks',
  attempt_count: 8,
  last_error: 'HTTP 500',
  last_response_status: 500,
}

const REPLAY = {
  id: '019a2f6f-3d40-7d4e-9a53-2b8f6c0d7d44',
  status: 'completed',
  total: 400,
  replayed: 400,
  delivered: 398,
  failed: 2,
  created_by: '8fK2mQxZ',
  reason: null,
  created_at: SINCE,
}

/** By type. */
const SAMPLES: Record<OperationalType, SampleData> = {
  'endpoint.disabled': {
    endpoint: {
      ...ENDPOINT,
      status: 'disabled',
      disabled_reason: 'too_many_failures',
      disabled_at: '2026-04-15T14:30:50Z',
      consecutive_failures: 10,
    },
  },
  'endpoint.failing': { endpoint: ENDPOINT, since: SINCE },
  'endpoint.recovered': { endpoint: { ...ENDPOINT, consecutive_failures: 0 }, since: SINCE },
  'delivery.exhausted': { endpoint_id: ENDPOINT.id, count: 1, deliveries: [EXHAUSTED] },
  'replay.completed': { replay: REPLAY },
  'replay.paused': {
    replay: { ...REPLAY, status: 'paused', replayed: 10, delivered: 0, failed: 10 },
  },
  'key.expiring': {
    api_key: {
      id: '019a2f6e-1b20-7d4e-9a53-2b8f6c0d5b22',
      public_id: '8fK2mQxZ',
      name: 'CI',
      expires_at: '2026-04-22T14:30:50Z',
    },
  },
  'secret.undecryptable': {
    secret: { id: '019a2f6e-2c31-7d4e-9a53-2b8f6c0d6c34', endpoint_id: ENDPOINT.id },
  },
}

/** What an event of the type says of an org, made up. */
export function sampleData(type: OperationalType, orgId: string): SampleData {
  return { org_id: orgId, ...SAMPLES[type] }
}
