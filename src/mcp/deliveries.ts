// Tools about deliveries and events: found, explained, sent again.
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { DeliveryDetail, DeliverySchema } from '../api/delivery-shape.ts'
import { EndpointSchema } from '../api/endpoint-shape.ts'
import { EventSchema } from '../api/events.ts'
import { cutText } from '../errors.ts'
import { explainDelivery, type NextStep } from '../delivery/explain.ts'
import {
  ACTS,
  isNotFound,
  IdInput,
  LOOKS,
  told,
  toError,
  toResult,
  withQuery,
  type Ask,
} from './ask.ts'

const DELIVERIES = '/v1/webhook_deliveries'

/** Attempts whose headers and bodies are told, and those that are listed at all, the newest; characters of a body. */
const TOLD_ATTEMPTS = 3
const LISTED_ATTEMPTS = 20
const TOLD_BODY = 1000

type Detail = z.infer<typeof DeliveryDetail>
type Attempt = Detail['attempts'][number]
type Endpoint = z.infer<typeof EndpointSchema>

const Page = z.object({ data: z.array(DeliverySchema) })

const FindInput = z.object({
  call_id: z.string().optional().describe('Deliveries about this call.'),
  endpoint_id: z.string().optional(),
  status: z.string().optional().describe('pending, delivered or exhausted (failed for good).'),
  event_type: z.string().optional().describe('Such as call.completed.'),
  kind: z.string().optional().describe('operational: about the service itself, not about calls.'),
  created_after: z.string().optional().describe('An instant such as 2026-04-15T14:30:50Z.'),
  created_before: z.string().optional(),
  limit: z.int().optional().describe('At most so many; 20 when it is left out.'),
  starting_after: z.string().optional().describe('The last id of the page before.'),
})

const RedeliverInput = z.object({
  delivery_id: IdInput,
  to: z
    .string()
    .optional()
    .describe('original (usual), or current: its endpoint’s URL as it is now.'),
  reason: z.string().optional().describe('Why, for the audit log.'),
  idempotency_key: z
    .string()
    .optional()
    .describe('The same key acts once, however often it is sent.'),
})

/** Adds the tools. */
export function addDeliveryTools(server: McpServer, ask: Ask, maxAttempts: number): void {
  server.registerTool(
    'find_deliveries',
    {
      title: 'Find deliveries',
      description:
        'Lists webhook deliveries, newest first, by call, endpoint, status, type or time.',
      inputSchema: FindInput,
      annotations: LOOKS,
    },
    async ({ limit = 20, ...filter }) => {
      const answer = await ask('GET', withQuery(DELIVERIES, { limit, ...filter }))
      return toResult(answer, Page, ({ data }) => `${data.length} deliveries on this page.`)
    },
  )
  server.registerTool(
    'explain_delivery',
    {
      title: 'Explain a delivery',
      description:
        'What happened to one delivery, why, and what to do: its state in words, each attempt, and what the receiver answered.',
      inputSchema: z.object({ delivery_id: IdInput }),
      annotations: LOOKS,
    },
    ({ delivery_id: id }) => tellDelivery(ask, id, maxAttempts),
  )
  addActs(server, ask)
}

function addActs(server: McpServer, ask: Ask): void {
  server.registerTool(
    'redeliver_delivery',
    {
      title: 'Redeliver',
      description: 'Sends one delivery again, now: the same event id and body, signed anew.',
      inputSchema: RedeliverInput,
      annotations: ACTS,
    },
    async ({ delivery_id: id, idempotency_key: idempotencyKey, ...body }) => {
      const path = `${DELIVERIES}/${id}/redeliver`
      const answer = await ask('POST', path, { body, idempotencyKey })
      return toResult(
        answer,
        DeliverySchema,
        ({ url }) => `It is on its way to ${url}. explain_delivery tells what comes of it.`,
      )
    },
  )
  server.registerTool(
    'explain_event',
    {
      title: 'Explain an event',
      description: 'Which endpoints an event went to, and which got nothing of it, and why.',
      inputSchema: z.object({ event_id: IdInput }),
      annotations: LOOKS,
    },
    async ({ event_id: id }) =>
      toResult(await ask('GET', `/v1/events/${id}`), EventSchema, describeEvent),
  )
}

async function tellDelivery(ask: Ask, id: string, maxAttempts: number): Promise<CallToolResult> {
  const answer = await ask('GET', `${DELIVERIES}/${id}`)
  if (!answer.isDone) return toError(answer)
  const delivery = DeliveryDetail.parse(answer.value)
  const { endpoint_id: endpointId } = delivery
  if (endpointId === null)
    return told(describe(delivery, undefined, maxAttempts), shorten(delivery))
  const found = await ask('GET', `/v1/webhook_endpoints/${endpointId}`)
  // Nobody knows whether it was deleted where the question itself was refused.
  if (!found.isDone && !isNotFound(found)) return toError(found)
  const endpoint = found.isDone ? EndpointSchema.parse(found.value) : undefined
  return told(describe(delivery, endpoint, maxAttempts), shorten(delivery))
}

function describe(delivery: Detail, endpoint: Endpoint | undefined, maxAttempts: number): string {
  const { status, url, event_type: type, attempts, next_attempt_at: dueAt } = delivery
  const byHand = attempts.filter(({ trigger }) => trigger === 'manual').length
  const isDeleted = delivery.endpoint_id !== null && !endpoint
  const sentence = explainDelivery({
    delivery: {
      status,
      isManual: status === 'pending' && delivery.manual_retry_count > byHand,
      parkedAs: null,
      waitingFor: delivery.waiting_for,
      attemptCount: delivery.attempt_count,
      lastError: delivery.last_error,
    },
    endpoint: isDeleted ? { status: null } : endpoint && { status: endpoint.status },
    log: attempts,
    maxAttempts,
    isForgotten: delivery.payload_deleted_at !== undefined,
  })
  const what = `The ${type} webhook to ${url} is ${status}, after ${attempts.length} attempts.`
  if (status === 'delivered') return `${what} The receiver took it: nothing is to be done.`
  if (!sentence) return `${what} Its first attempt is due at ${dueAt}.`
  return `${what} ${sentence.text} ${toDo(sentence.next, delivery)}`
}

function toDo(next: NextStep, delivery: Detail): string {
  const { next_attempt_at: dueAt, endpoint_id: endpointId, waiting_for: front } = delivery
  const enable = `Enable the endpoint with set_endpoint_status {"endpoint_id":"${endpointId ?? ''}","status":"enabled"}`
  return {
    due: `The next attempt is due at ${dueAt}, by itself.`,
    turn: 'It is sent again when its turn comes, by itself.',
    behind: `It goes once ${front ?? ''}, the one before it of its call, was delivered or has ended, and at ${dueAt} at the latest. To set it moving, use redeliver_delivery for that one.`,
    operator: 'It goes on by itself when the operator lets it.',
    enable: `${enable}, and it goes on.`,
    enable_and_redeliver: `${enable}, then use redeliver_delivery.`,
    redeliver: 'Once the receiver works again, use redeliver_delivery.',
    new_event: 'Nothing is left that could be sent again.',
    nothing: 'The endpoint was deleted, so this cannot be sent again.',
  }[next]
}

function describeEvent({ deliveries, skipped }: z.infer<typeof EventSchema>): string {
  return `It went to ${deliveries.length} destinations, and ${skipped.length} got nothing of it: see skipped.`
}

/** What there is to know, without what would fill an agent's memory: most of it is the receiver's. */
function shorten({ attempts, ...delivery }: Detail): object {
  const newest = attempts.slice(-TOLD_ATTEMPTS)
  const older = attempts.slice(-LISTED_ATTEMPTS, -TOLD_ATTEMPTS)
  const listed = [...older.map(list), ...newest.map(tell)]
  const left = attempts.length - listed.length
  return { ...delivery, ...(left > 0 && { attempts_before_these: left }), attempts: listed }
}

function list({ number, started_at, trigger, error, response }: Attempt): object {
  return { number, started_at, trigger, error, ...(response && { status: response.status }) }
}

function tell({ request: _request, response, ...attempt }: Attempt): object {
  if (!response) return attempt
  const body = cutText(response.body, TOLD_BODY)
  const headers = cutText(JSON.stringify(response.headers), TOLD_BODY)
  return { ...attempt, response: { ...response, headers, body } }
}
