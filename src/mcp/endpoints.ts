// Tools about endpoints: how they are, enabled or disabled, tried.
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { DeliverySchema } from '../api/delivery-shape.ts'
import { CheckSchema } from '../api/endpoint-check.ts'
import { EndpointSchema } from '../api/endpoint-shape.ts'
import {
  ACTS,
  IdInput,
  LOOKS,
  toError,
  told,
  toResult,
  withQuery,
  type Answer,
  type Ask,
} from './ask.ts'

const ENDPOINTS = '/v1/webhook_endpoints'

const EndpointPage = z.object({ data: z.array(EndpointSchema) })
const DeliveryPage = z.object({ data: z.array(DeliverySchema) })

type Endpoint = z.infer<typeof EndpointSchema>
type Delivery = z.infer<typeof DeliverySchema>

const StatusInput = z.object({
  endpoint_id: IdInput,
  status: z
    .string()
    .describe('enabled: what was held goes on; disabled: nothing is sent until then.'),
})

const TestInput = z.object({
  endpoint_id: IdInput,
  type: z
    .string()
    .optional()
    .describe('Such as call.completed; the usual one when it is left out.'),
})

/** Adds the tools. */
export function addEndpointTools(server: McpServer, ask: Ask): void {
  server.registerTool(
    'list_endpoints',
    {
      title: 'List endpoints',
      description: 'The endpoints of the organization, with their status and failures in a row.',
      inputSchema: z.object({}),
      annotations: LOOKS,
    },
    async () =>
      toResult(
        await ask('GET', ENDPOINTS),
        EndpointPage,
        ({ data }) => `${data.length} endpoints.`,
      ),
  )
  server.registerTool(
    'endpoint_health',
    {
      title: 'Endpoint health',
      description:
        'How an endpoint is: whether it is enabled, why not, and its newest deliveries that failed for good or wait.',
      inputSchema: z.object({ endpoint_id: IdInput }),
      annotations: LOOKS,
    },
    ({ endpoint_id: id }) => tellHealth(ask, id),
  )
  addActs(server, ask)
  addCheck(server, ask)
}

function addActs(server: McpServer, ask: Ask): void {
  server.registerTool(
    'set_endpoint_status',
    {
      title: 'Enable or disable an endpoint',
      description:
        'Enabling lets what was held go on; disabling holds what is pending and skips new events.',
      inputSchema: StatusInput,
      annotations: { ...ACTS, idempotentHint: true },
    },
    async ({ endpoint_id: id, status }) =>
      toResult(
        await ask('PATCH', `${ENDPOINTS}/${id}`, { body: { status } }),
        EndpointSchema,
        ({ url, status: now }) => `The endpoint ${url} is ${now} now.`,
      ),
  )
  server.registerTool(
    'send_test_event',
    {
      title: 'Send a test event',
      description: 'Sends an event marked as a test to one endpoint, to see whether it works.',
      inputSchema: TestInput,
      annotations: ACTS,
    },
    async ({ endpoint_id: id, ...body }) =>
      toResult(
        await ask('POST', `${ENDPOINTS}/${id}/test`, { body }),
        DeliverySchema,
        (delivery) =>
          `Sent. explain_delivery {"delivery_id":"${delivery.id}"} tells what comes of it.`,
      ),
  )
}

function addCheck(server: McpServer, ask: Ask): void {
  server.registerTool(
    'check_receiver',
    {
      title: 'Check a receiver',
      description:
        'Sends up to three probes to an endpoint’s URL, and tells what its receiver gets wrong: a redirect, a status, TLS, or that it takes webhooks with a wrong signature or an old timestamp. Nothing is stored or retried.',
      inputSchema: z.object({ endpoint_id: IdInput }),
      annotations: ACTS,
    },
    async ({ endpoint_id: id }) =>
      toResult(await ask('POST', `${ENDPOINTS}/${id}/check`), CheckSchema, describeCheck),
  )
}

function describeCheck({ ok, findings }: z.infer<typeof CheckSchema>): string {
  if (ok) return 'The receiver is as it should be.'
  const wrong = findings.filter((finding) => !finding.ok)
  return wrong.map(({ code, message }) => `${code}: ${message}`).join(' ')
}

async function tellHealth(ask: Ask, id: string): Promise<CallToolResult> {
  const answer = await ask('GET', `${ENDPOINTS}/${id}`)
  if (!answer.isDone) return toError(answer)
  const [exhausted, pending] = await Promise.all([
    newestOf(ask, id, 'exhausted'),
    newestOf(ask, id, 'pending'),
  ])
  if (!exhausted.isDone) return toError(exhausted)
  if (!pending.isDone) return toError(pending)
  const endpoint = EndpointSchema.parse(answer.value)
  const newest = { exhausted: readPage(exhausted), pending: readPage(pending) }
  return told(describe(endpoint, newest), { endpoint, ...newest })
}

function newestOf(ask: Ask, endpointId: string, status: string): Promise<Answer> {
  const query = { endpoint_id: endpointId, status, limit: 5 }
  return ask('GET', withQuery('/v1/webhook_deliveries', query))
}

function readPage({ value }: Answer): Delivery[] {
  return DeliveryPage.parse(value).data
}

type Newest = { exhausted: Delivery[]; pending: Delivery[] }

function describe(endpoint: Endpoint, { exhausted, pending }: Newest): string {
  const { url, status, consecutive_failures: failures, disabled_reason: reason } = endpoint
  const because = reason === null ? '' : ` (${reason})`
  const parts = [
    `The endpoint ${url} is ${status}${because}; ${failures} deliveries in a row failed for good.`,
    ...exhausted.slice(0, 1).map((one) => `The newest of those: ${one.last_error ?? ''}.`),
    pending.length === 0 ? 'Nothing waits.' : 'Some deliveries wait for an attempt.',
  ]
  return parts.join(' ')
}
