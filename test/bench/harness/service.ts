// The service as its producer and its operator see it: orgs, endpoints, events.
import { randomUUID } from 'node:crypto'
import { Agent, request as startRequest } from 'node:http'
import { json } from 'node:stream/consumers'

/** Sockets that one client keeps open at most. */
const MAX_SOCKETS = 64
const ANSWERS_WITHIN_MS = 30_000

/** An answer: status, headers that matter, and the JSON body. */
export type Answer = { status: number; body: unknown }

/** Sends one request with a bearer token. @throws when no answer comes. */
export type Client = (
  method: string,
  path: string,
  options: { token: string; body?: object; headers?: Record<string, string> },
) => Promise<Answer>

/** An org with its key. */
export type Org = { id: string; key: string }

/** An event that was answered with 202: when in Unix ms with fractions, and its deliveries' ids. */
export type Accepted = { sentAt: number; acceptedAt: number; deliveries: string[] }

/** A client for the runtime at `url`, over connections that stay open. */
export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  return (method, path, { token, body, headers }) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const request = startRequest(new URL(path, url), {
        method,
        agent,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(text && { 'Content-Type': 'application/json' }),
          'Content-Length': Buffer.byteLength(text),
          ...headers,
        },
        timeout: ANSWERS_WITHIN_MS,
      })
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer`)))
      request.on('error', reject)
      request.on('response', (response) => {
        const status = response.statusCode ?? 0
        const isEmpty = status === 204
        if (isEmpty) response.resume()
        const answer = isEmpty ? Promise.resolve(null) : json(response)
        answer.then((parsed) => resolve({ status, body: parsed }), reject)
      })
      request.end(text)
    })
}

/** Makes an org with a key. */
export async function createOrg(client: Client, token: string, name: string): Promise<Org> {
  const org = await expectOk(client('POST', '/admin/orgs', { token, body: { name } }))
  const path = `/admin/orgs/${String(org['id'])}/api_keys`
  const created = await expectOk(client('POST', path, { token, body: { name } }))
  return { id: String(org['id']), key: String(created['key']) }
}

/** Makes an endpoint, with these members more if any are given, and answers its id. */
export async function createEndpoint(
  client: Client,
  org: Org,
  url: string,
  more: object = {},
): Promise<string> {
  const options = { token: org.key, body: { url, ...more } }
  return String((await expectOk(client('POST', '/v1/webhook_endpoints', options)))['id'])
}

/** Words, because a call is stored packed: of one letter again and again nothing would be left. */
const NOTE =
  'Asked to be called again after four, prefers German, wants a text before each visit; gate code is with the desk. '

/** An event as a producer sends it: 660 bytes and its note, of a call nobody else has. */
export function makeEvent(callId: string = randomUUID(), noteLength = 120) {
  return {
    type: 'call.completed',
    call: {
      id: callId,
      to_number: '+14155550100',
      from_number: '+14155550199',
      status: 'completed',
      direction: 'outbound',
      prompt: 'Confirm the appointment on Tuesday at ten, and offer Thursday if it does not suit.',
      language: 'en-US',
      result: { confirmed: true, wants_reminder: false },
      result_status: 'ok',
      created_at: '2026-04-15T14:28:11Z',
      started_at: '2026-04-15T14:28:14Z',
      answered_at: '2026-04-15T14:28:20Z',
      ended_at: '2026-04-15T14:30:50Z',
      duration_seconds: 150,
      billed_duration_seconds: 180,
      billing_amount_milli_cents: 27_000,
      metadata: {
        customer: 'cus_51Hq',
        campaign: 'reminders',
        note: NOTE.repeat(Math.ceil(noteLength / NOTE.length)).slice(0, noteLength),
      },
    },
  }
}

/** Sends one event. @throws unless it is accepted. */
export async function sendEvent(
  client: Client,
  org: Org,
  callId?: string,
  noteLength?: number,
): Promise<Accepted> {
  const sentAt = now()
  const options = { token: org.key, body: makeEvent(callId, noteLength) }
  const body = await expectOk(client('POST', '/v1/events', options))
  return { sentAt, acceptedAt: now(), deliveries: idsOf(body) }
}

/** Sends events in one request, 100 at most. @throws unless all are accepted. */
export async function sendBatch(client: Client, org: Org, size: number): Promise<Accepted> {
  const sentAt = now()
  const events = Array.from({ length: size }, () => makeEvent())
  const options = { token: org.key, body: { events } }
  const { data } = await expectOk(client('POST', '/v1/events/batch', options))
  // The route answers a list; an event that was refused has no deliveries, which idsOf does not take.
  const deliveries = (data as Record<string, unknown>[]).flatMap(idsOf)
  return { sentAt, acceptedAt: now(), deliveries }
}

/** Unix ms with fractions, the clock that the receiver's notes have too. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** The body of a 2xx. @throws naming any other status. */
export async function expectOk(answer: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, body } = await answer
  if (status < 200 || status > 299) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  // Every route answers a JSON object.
  return body as Record<string, unknown>
}

function idsOf(accepted: Record<string, unknown>): string[] {
  if (!Array.isArray(accepted['deliveries'])) throw new Error(JSON.stringify(accepted))
  return accepted['deliveries'].map(({ id }) => String(id))
}
