import { randomUUID } from 'node:crypto'
import createClient from 'openapi-fetch'
import type { paths } from './callingbox.d.ts'

const { URL: baseUrl = '', KEY, HOOK_URL = '' } = process.env
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${KEY}` } })

// The secret is shown once: your receiver verifies webhooks with it.
const endpoint = await need(
  api.POST('/v1/webhook_endpoints', {
    body: { url: HOOK_URL, enabled_events: ['call.completed', 'call.busy'] },
  }),
)
const byId = { params: { path: { id: endpoint.id } } }
console.log('endpoint', endpoint.status, endpoint.signing_secret.slice(0, 6))

// With a key, the same request may be sent again, and acts once.
const call = { id: randomUUID(), status: 'completed' }
const event = await need(
  api.POST('/v1/events', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: { type: 'call.completed', call },
  }),
)
console.log('event', event.type, event.deliveries.length)

const page = await need(
  api.GET('/v1/webhook_deliveries', { params: { query: { call_id: call.id } } }),
)
console.log('list', page.data.length, page.has_more)

const one = { params: { path: { id: page.data[0]?.id ?? '' } } }
const delivery = await until(
  () => need(api.GET('/v1/webhook_deliveries/{id}', one)),
  ({ status }) => status !== 'pending',
)
console.log('delivery', delivery.status, delivery.attempts[0]?.response?.status)

const again = await need(api.POST('/v1/webhook_deliveries/{id}/redeliver', one))
console.log('redeliver', again.status, again.manual_retry_count)

// Each of a batch is judged by itself: these are milliseconds, where seconds are wanted.
const batch = await need(
  api.POST('/v1/events/batch', {
    body: {
      events: [
        { type: 'call.busy', call: { id: randomUUID() } },
        { type: 'call.busy', call: { id: randomUUID() }, created: Date.now() * 1000 },
      ],
    },
  }),
)
for (const item of batch.data) {
  if (item.result === 'accepted') console.log('batch accepted', item.deliveries.length)
  else console.log('batch refused', item.code, item.issues?.[0]?.path)
}

// Everything that the endpoint has got, once more.
const started = await need(
  api.POST('/v1/webhook_replays', { body: { filter: { endpoint_id: endpoint.id } } }),
)
if (!('id' in started)) throw new Error('a dry run has a plan, and no replay')
const replay = await until(
  () => need(api.GET('/v1/webhook_replays/{id}', { params: { path: { id: started.id } } })),
  ({ status }) => status !== 'running',
)
console.log('replay', replay.status, replay.total)

const rotated = await need(api.POST('/v1/webhook_endpoints/{id}/rotate_secret', byId))
console.log('rotate', rotated.signing_secret !== endpoint.signing_secret)

const changed = await need(
  api.PATCH('/v1/webhook_endpoints/{id}', { ...byId, body: { status: 'disabled' } }),
)
console.log('update', changed.status, changed.disabled_reason)

// An error has a code to act on, and a sentence to show.
const refused = await api.POST('/v1/webhook_deliveries/{id}/redeliver', one)
console.log('refused', refused.response.status, refused.error?.code)

const gone = await api.DELETE('/v1/webhook_endpoints/{id}', byId)
console.log('delete', gone.response.status)
const missing = await api.GET('/v1/webhook_endpoints/{id}', byId)
console.log('missing', missing.response.status, missing.error?.code)

async function need<Data>(
  asked: Promise<{ data?: Data; error?: { error: string } }>,
): Promise<NonNullable<Data>> {
  const { data, error } = await asked
  if (!data) throw new Error(error?.error)
  return data
}

async function until<Value>(ask: () => Promise<Value>, isDone: (value: Value) => boolean) {
  for (;;) {
    const value = await ask()
    if (isDone(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
