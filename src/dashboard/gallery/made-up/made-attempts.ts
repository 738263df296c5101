// Made-up attempts, with every outcome that one can have.
import type { NumberedEntry } from '../../../delivery/attempt/log.ts'
import { FOREIGN, HOSTILE, LONG_ERROR, UNBROKEN } from './made-texts.ts'

const REQUEST = {
  headers: {
    'content-type': 'application/json',
    'callingbox-signature': 't=1785412800,v1=5257a869e7…',
    'callingbox-event-id': '0199ab12-3c4d-7e5f-8a6b-9c0d1e2f0001',
    'user-agent': 'CallingBox-Webhooks/1.0',
  },
}

/** One that was answered 200, but for what is told of it. */
export function makeEntry(number: number, told: Partial<NumberedEntry> = {}): NumberedEntry {
  return {
    number,
    id: `0199ab12-3c4d-7000-8000-00000000000${number % 10}`,
    trigger: 'automatic',
    requested_by: null,
    started_at: new Date(Date.UTC(2026, 10, 23, 3, 14) + number * 300_000).toISOString(),
    duration_ms: 184,
    headers_ms: 180,
    error: null,
    request: REQUEST,
    response: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' },
    ...told,
  }
}

const answered = (status: number, body = '') => ({
  error: { kind: 'http_status', message: `HTTP ${status}` } as const,
  response: { status, headers: { 'content-type': 'text/html', server: 'nginx' }, body },
})

const unanswered = (kind: 'timeout' | 'dns' | 'tls' | 'connection' | 'refused_target') => ({
  error: { kind, message: kind === 'timeout' ? 'timeout after 10 s' : LONG_ERROR },
  response: null,
  headers_ms: null,
  duration_ms: 10_000,
})

/** Outcomes by their names. */
const OUTCOMES: Record<string, Partial<NumberedEntry>> = {
  Delivered: {},
  'Delivered, without a body': { response: { status: 204, headers: {}, body: '' } },
  'HTTP 503': answered(503, '<html><body><h1>503 Service Unavailable</h1></body></html>'),
  'HTTP 500, hostile': answered(500, `${HOSTILE}\n${FOREIGN}\n${UNBROKEN}`),
  'A body that is cut, and headers that are covered': {
    ...answered(502, 'a'.repeat(4096)),
    response: {
      status: 502,
      headers: {
        'content-length': '1048576',
        'set-cookie': 'session=1f0c; HttpOnly; Secure',
        'www-authenticate': 'Bearer realm="hooks"',
        [`x-${UNBROKEN.slice(0, 80)}`]: UNBROKEN,
      },
      body: 'a'.repeat(4096),
    },
  },
  'A redirect': {
    error: { kind: 'redirect', message: 'HTTP 302: redirects are not followed' },
    response: { status: 302, headers: { location: `https://example.com/${UNBROKEN}` }, body: '' },
  },
  'No answer in time': unanswered('timeout'),
  'No such host': unanswered('dns'),
  'A bad certificate': unanswered('tls'),
  'No connection': unanswered('connection'),
  'A refused target': unanswered('refused_target'),
  'By hand, through the API': { trigger: 'manual', requested_by: 'ab12cd34' },
  'By hand, on the dashboard': { trigger: 'manual', requested_by: 'dashboard:ab12cd34' },
  'By hand, nobody knows who': { trigger: 'manual', requested_by: null },
  'Has overtaken the one before it': { overtook: '0199ab12-3c4d-7e5f-8a6b-9c0d1e2f0002' },
  'Overtaken by a redelivery': { ...answered(500), superseded: 'redelivery' },
  'Overtaken by a deletion': { superseded: 'deletion' },
  'Overtaken by a discard': { ...unanswered('timeout'), superseded: 'discard' },
  'Overtaken by another attempt': { ...answered(429), superseded: 'attempt' },
}

/** Each outcome, numbered from 1; the last one has lost what was sent and answered. */
export function makeLog(): { name: string; entry: NumberedEntry }[] {
  const made = Object.entries(OUTCOMES).map(([name, told], place) => ({
    name,
    entry: makeEntry(place + 1, told),
  }))
  const { request: _sent, response: _answered, ...bare } = makeEntry(made.length + 1)
  return [...made, { name: 'Nothing kept', entry: bare }]
}
