// What consumers receive: one webhook for each event type, made of the code that composes it.
import { z } from '@hono/zod-openapi'
import { ALL_TYPES, OPERATIONAL, type EVENT_TYPES } from '../../webhook/event-types.ts'
import { composeBody, composeHeaders } from '../../webhook/request.ts'
import { sampleCall } from '../../webhook/sample-calls.ts'
import { isOperationalType, sampleData, type OperationalType } from '../../webhook/sample-data.ts'
import { importSigningKey, signWebhook } from '../../webhook/signature.ts'
import { DeliveryId } from '../http/ids.ts'
import { WEBHOOKS_TAG } from './areas.ts'
import { Call } from './call.ts'
import { OPERATIONAL_DATA, OPERATIONAL_OCCASIONS } from './operational.ts'
import { referTo, toName, type Operation, type Parameter, type PathItem } from './shape.ts'

/** What an operator may choose of webhooks. */
export type WebhookSettings = { headerPrefix: string; apiVersion: string }

type EventType = (typeof EVENT_TYPES)[number] | OperationalType

/** Signs the examples, so that whoever reads them can try a verification on them. */
const SECRET = 'whsec_0123456789abcdef0123456789abcdef'
const ID = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'
const ORG_ID = '019a2f6e-0a10-7d4e-9a53-2b8f6c0d4a11'
const CALL_ID = '61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59'
const CREATED_S = 1_776_263_450
const SIGNED_S = CREATED_S + 1

/** When each happens, in a sentence. */
const OCCASIONS: Record<EventType, string> = {
  'call.queued': 'A call was placed, and waits for its turn.',
  'call.ringing': 'The phone of the called party rings.',
  'call.answered': 'The call was answered.',
  'call.completed': 'The call was answered, and is over; its result is there.',
  'call.failed': 'The call could not be made.',
  'call.no_answer': 'Nobody answered the call.',
  'call.busy': 'The line was busy.',
  'call.canceled': 'The call was canceled before it was answered.',
  ...OPERATIONAL_OCCASIONS,
}

/** What each header says; the prefix of ours is the operator’s to choose. */
const MEANINGS: Record<string, string> = {
  'User-Agent': 'Always this.',
  'CallingBox-Signature':
    '`t=<unix seconds of signing>,v1=<hex>`: HMAC-SHA-256 over `<t>.<raw body>`, keyed with the whole secret as text, `whsec_` included. ' +
    'While a rotation overlaps there are several `v1`, one for each live secret. Refuse a `t` more than 300 s off.',
  'CallingBox-Event-Id':
    'The delivery’s id, the same on every attempt and replay: whoever has seen it has seen the event.',
  'CallingBox-Event-Type': 'The body’s `type`.',
  'X-CallingBox-Event': 'The same: its older name.',
  'X-CallingBox-Call-Id':
    'The id of the call that it is about: the body’s `data.call.id`. Absent where it is about none.',
  'webhook-id': 'The body’s `id`, as the Standard Webhooks have it.',
  'webhook-timestamp': 'Unix seconds of signing, as the Standard Webhooks have them.',
  'webhook-signature':
    '`v1,<base64>`, several with spaces between them: HMAC-SHA-256 over `<webhook-id>.<webhook-timestamp>.<raw body>`, keyed with the ' +
    'bytes that the base64 after `whsec_` stands for. The same secret signs both; to verify one of them is enough.',
  'CallingBox-Attempt': 'Which attempt it is, from 1, those by hand included.',
  'CallingBox-Redelivery': '`true` when a person or a replay asked for this attempt; else absent.',
  traceparent:
    'W3C Trace Context: the trace that the event was sent in, and this attempt’s own span; absent where it was sent in none.',
  tracestate: 'As the event was sent with it, unchanged.',
  'CallingBox-Test':
    '`true` when a person tries the endpoint, and nothing has happened to any call; else absent. Leave it out of what counts.',
}

/** Not for parameters, by OpenAPI’s word: the description has them. */
const UNNAMED = new Set(['Content-Type', 'Accept'])

/** The schemas of the bodies, by their names. */
export function listEvents() {
  return ALL_TYPES.map((type) => describeEvent(type).openapi(nameOf(type)))
}

/** The webhooks, by event type. */
export async function describeWebhooks(
  settings: WebhookSettings,
): Promise<Record<string, PathItem>> {
  const described = ALL_TYPES.map(async (type) => {
    const post = await describeWebhook(type, settings)
    return [type, { post }] as const
  })
  return Object.fromEntries(await Promise.all(described))
}

function nameOf(type: EventType): string {
  return `${toName(type)}Event`
}

function describeEvent(type: EventType) {
  return z.object({
    id: DeliveryId.openapi({ description: 'The delivery’s id, the same on every attempt.' }),
    type: z.literal(type),
    created: z
      .int()
      .openapi({ description: 'When it happened, in Unix seconds.', example: CREATED_S }),
    api_version: z.string().openapi({ description: 'The shape of `data`.', example: '2026-04' }),
    data: isOperationalType(type) ? OPERATIONAL_DATA[type] : z.object({ call: Call }),
  })
}

async function describeWebhook(type: EventType, settings: WebhookSettings): Promise<Operation> {
  const text = composeBody({
    id: ID,
    type,
    created: CREATED_S,
    apiVersion: settings.apiVersion,
    ...sampleOf(type),
  })
  const keys = [await importSigningKey(SECRET)]
  const signature = await signWebhook({ id: ID, timestampS: SIGNED_S, body: text, keys })
  return {
    operationId: `on${toName(type)}`,
    summary: OCCASIONS[type],
    description:
      `${OCCASIONS[type]} Sent as a POST with \`Content-Type: application/json\` and \`Accept: */*\`, its body one line of JSON, ` +
      'byte by byte the same on every attempt: verify the signature over the raw bytes, before anything parses them. ' +
      `Events may come more than once, and in any order.${toWhom(type)}\n\n` +
      `The example is signed with \`${SECRET}\`.`,
    tags: [WEBHOOKS_TAG.name],
    security: [],
    parameters: describeHeaders(type, signature, settings.headerPrefix),
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: referTo('schemas', nameOf(type)), example: JSON.parse(text) },
      },
    },
    responses: RESPONSES,
  }
}

/** Of an event that was sent in a trace, with what its sender's tools have noted. */
const TRACE = {
  kept: '4bf92f3577b34da6a3ce929d0e0e4736-01 vendor=t61rcWkgMzE',
  span: '00f067aa0ba902b7',
}

function sampleOf(type: EventType): { callId: string; call: string } {
  if (isOperationalType(type)) {
    return { callId: OPERATIONAL, call: JSON.stringify(sampleData(type, ORG_ID)) }
  }
  return { callId: CALL_ID, call: JSON.stringify(sampleCall(type, CALL_ID)) }
}

function toWhom(type: EventType): string {
  return isOperationalType(type)
    ? ' It goes to endpoints that name it in `enabled_events`: `*` does not include it.'
    : ''
}

function describeHeaders(
  type: EventType,
  signature: { callingbox: string; standard: string },
  prefix: string,
): Parameter[] {
  const about = {
    prefix,
    id: ID,
    type,
    callId: sampleOf(type).callId,
    timestampS: SIGNED_S,
    signature,
    attempt: 1,
  }
  const always = composeHeaders({ ...about, isManual: false, isTest: false })
  const all = composeHeaders({ ...about, isManual: true, isTest: true, trace: TRACE })
  return Object.entries(all)
    .filter(([name]) => !UNNAMED.has(name))
    .map(([name, example]) => ({
      name,
      in: 'header',
      required: name in always,
      description: MEANINGS[name.replace(prefix, 'CallingBox')] ?? '',
      schema: { type: 'string' },
      example,
    }))
}

const RESPONSES = {
  '2XX': {
    description:
      'Any 2xx within 10 seconds: it is delivered. What the body says is logged, and means nothing.',
  },
  '3XX': {
    description: 'A failure: redirects are not followed. It is sent again, as after a 5xx.',
  },
  '4XX': {
    description:
      'A failure, also 410: it is sent again, as after a 5xx. A `Retry-After` on a 429 moves the next attempt later.',
  },
  '5XX': {
    description:
      'A failure, as is no answer within 10 seconds: it is sent again after 1 min, 5 min, 30 min, 2 h, 5 h, 10 h and 24 h, each ' +
      '±20 %; then it is exhausted. A `Retry-After` on a 503 moves the next attempt later, by a day at most.',
  },
}
