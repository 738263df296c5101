// Requests drawn at random: whatever comes, the answer is no fault of ours and has the documented shape.
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'

let world: World
let paths: string[]

beforeEach(async () => {
  world = await World.create()
  const { body: endpoint } = await world.createEndpoint()
  const { body: event } = await world.send()
  const ids = [
    endpoint.id,
    event.id,
    event.deliveries[0].id,
    world.orgId,
    NOWHERE,
    'nope',
    '%',
    '%2F',
  ]
  const { body: document } = await world.call('GET', '/openapi.json')
  const templates = [
    ...Object.keys(document.paths),
    '/',
    '/v1',
    '/openapi.json',
    '/v1/events/{id}/x',
  ]
  paths = templates.flatMap((template) =>
    template.includes('{') ? ids.map((id) => template.replaceAll(/\{\w+\}/g, id)) : [template],
  )
})

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

const TYPES = [
  'application/json',
  'application/json ; charset=utf-8',
  'application/json;',
  'application/json; charset="UTF-8',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
]

/** Texts as people get them wrong: halves of escapes, controls, very long ones. */
const odd = fc.oneof(
  fc.constantFrom('', '%', '%00', '%E0%A4%A', '%ff', '+', '__proto__', 'null', '1e9', '-1', '💥'),
  fc.string({ maxLength: 12 }),
  fc.string({ minLength: 2000, maxLength: 3000 }),
)

const QUERIES = [
  'limit',
  'starting_after',
  'ending_before',
  'status',
  'call_id',
  'event_type',
  'type',
  'created_after',
  'created_before',
  'without_deliveries',
]

const search = fc.array(fc.tuple(fc.constantFrom(...QUERIES, 'x', '%', ''), odd), { maxLength: 3 })

const members = fc.constantFrom(
  'url',
  'description',
  'enabled_events',
  'status',
  'name',
  'mode',
  'expires_at',
  'overlap_seconds',
  'type',
  'call',
  'created',
  'events',
  'id',
  'filter',
  'rate_per_second',
  'reason',
  'dry_run',
  'to',
  '__proto__',
)

const body = fc.oneof(
  fc.constant(undefined),
  fc.json(),
  fc.dictionary(members, fc.jsonValue()).map((value) => JSON.stringify(value)),
  fc.string(),
  fc.uint8Array({ maxLength: 40 }),
)

const headerText = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  .map((text) => text.trim())

const headers = fc.record(
  {
    'Content-Type': fc.oneof(fc.constantFrom(...TYPES), headerText),
    'Content-Encoding': fc.oneof(fc.constantFrom('gzip', 'identity'), headerText),
    'Idempotency-Key': headerText,
    'X-Request-Id': headerText,
  },
  { requiredKeys: [] },
)

const request = fc.record({
  method: fc.constantFrom(...METHODS),
  place: fc.nat(),
  search,
  headers,
  body,
})

/** Sends a drawn request; its path is one of the service's, or nearly. */
function send(drawn: typeof request extends fc.Arbitrary<infer Drawn> ? Drawn : never) {
  const path = paths[drawn.place % paths.length] ?? '/'
  const query = drawn.search.map(([name, value]) => `${name}=${value}`).join('&')
  const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
  const content = ['GET', 'HEAD'].includes(drawn.method) ? undefined : drawn.body
  return world.fetch(query ? `${path}?${query}` : path, {
    method: drawn.method,
    headers: { ...drawn.headers, Authorization: `Bearer ${key}` },
    ...(content !== undefined && { body: content }),
  })
}

const PROBLEM = {
  error: expect.stringMatching(/\S/),
  code: expect.stringMatching(/^[a-z_]+$/),
  request_id: expect.stringMatching(/\S/),
}

describe('any request', () => {
  it('gets no 5xx, and an error of the documented shape (I3)', async () => {
    const codes = new Set<number>()
    await fc.assert(
      fc.asyncProperty(request, async (drawn) => {
        const response = await send(drawn)
        codes.add(response.status)
        expect(response.status).toBeLessThan(500)
        const text = await response.text()
        const isError = response.status >= 400 && drawn.method !== 'HEAD'
        const { issues, ...problem } = isError ? JSON.parse(text) : { ...PROBLEM, issues: [] }
        expect(problem).toEqual(PROBLEM)
        expect(Array.isArray(issues)).toBe(response.status === 400 || !isError)
        expect(response.headers.has('Allow')).toBe(response.status === 405)
      }),
      { numRuns: 400 },
    )
    expect([...codes]).toEqual(expect.arrayContaining([400, 404, 405]))
  })
})
