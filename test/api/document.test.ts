// GET /openapi.json: what the document says of each operation, and of what consumers receive.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { describeCode, ERROR_CODES, OPERATOR_ASKED } from '../../src/errors.ts'
import { ALL_TYPES } from '../../src/webhook/event-types.ts'
import { meter } from '../db/counter.ts'
import { verify } from '../journeys/verify.ts'
import { World, type Json } from '../world.ts'

/** What the service does not send as a parameter: OpenAPI has it elsewhere. */
const UNNAMED = ['content-type', 'accept']

const BY_KEY = [{ apiKey: [] }]
const BY_OPERATOR = [{ operatorToken: [] }]

/** What anybody may ask. */
const OPEN: Record<string, Json> = {
  'GET /healthz': [{}, ...BY_OPERATOR],
  'GET /openapi.json': [],
}

type Named = { name: string; operation: Json }

let world: World
let document: Json
let operations: Named[]
let webhooks: Named[]
beforeEach(async () => {
  world = await World.create()
  document = (await world.call('GET', '/openapi.json', undefined, { key: '' })).body
  operations = listOperations(document.paths)
  webhooks = listOperations(document.webhooks)
})

function listOperations(items: Json): Named[] {
  return Object.entries<Json>(items).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
}

/** A part of the document, or what it refers to. */
function follow(part: Json): Json {
  if (part.$ref === undefined) return part
  const steps: string[] = part.$ref.slice(2).split('/')
  return steps.reduce((inside, step) => inside?.[step], document)
}

describe('GET /openapi.json', () => {
  it('is an OpenAPI 3.1 document of every route that the service has', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    const listed = operations.map(({ name }) => name.replaceAll(/\{(\w+)\}/g, ':$1'))
    const app = createApp(() => world.engine())
    const served = app.routes.filter(({ method }) => method !== 'ALL')
    const routes = new Set(served.map(({ method, path }) => `${method} ${path}`))
    expect(listed.toSorted()).toEqual([...routes].toSorted())
  })

  it('refers to nothing that is not there', () => {
    for (const [, $ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      expect({ $ref, type: typeof follow({ $ref }) }).toEqual({ $ref, type: 'object' })
    }
  })

  it('is made once, however often it is asked for, and asks the database nothing', async () => {
    const { db, cost } = meter(env.DB)
    world.db = db
    const made = vi.spyOn(JSON, 'stringify')
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await world.fetch('/openapi.json')).text()),
    )
    expect(new Set(answers).size).toBe(1)
    expect(made.mock.calls.filter(([value]) => value?.openapi)).toEqual([])
    made.mockRestore()
    expect(cost.trips).toBe(0)
  })
})

describe('each operation', () => {
  it('has a name of its own, words, and one tag that is explained', () => {
    const all = [...operations, ...webhooks]
    const tags = document.tags.map(({ name }: Json) => name)
    expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length)
    for (const { name, operation } of all) {
      const { operationId, summary, description } = operation
      expect({ name, operationId, summary, description }).toEqual({
        name,
        operationId: expect.stringMatching(/^[a-z]+[A-Za-z]+$/),
        summary: expect.stringMatching(/^[A-Z].*[^.]$|^[A-Z].*\.$/),
        description: expect.stringMatching(/^[A-Z`][^]*[.:`]$/),
      })
      expect(tags).toContain(operation.tags[0])
      expect(operation.tags).toHaveLength(1)
    }
  })

  it('declares each parameter of its path, and explains and shows all that it has', () => {
    for (const { name, operation } of [...operations, ...webhooks]) {
      const { parameters = [] } = operation
      const inPath = parameters.flatMap((one: Json) => (one.in === 'path' ? [one.name] : []))
      expect(inPath.toSorted()).toEqual(name.match(/(?<=\{)\w+/g)?.toSorted() ?? [])
      for (const parameter of parameters) {
        expect({ name, parameter }).toEqual({
          name,
          parameter: expect.objectContaining({
            description: expect.stringMatching(/\S/),
            example: expect.anything(),
          }),
        })
      }
    }
  })

  it('shows each body, and explains each answer and its headers', () => {
    for (const { name, operation } of operations) {
      const answers = Object.values<Json>(operation.responses).map(follow)
      const contents = [operation.requestBody, ...answers].flatMap((one) => one?.content ?? [])
      for (const [body] of contents.map((one) => Object.values<Json>(one))) {
        expect({ name, shown: body.example ?? body.examples }).toEqual({
          name,
          shown: expect.anything(),
        })
      }
      for (const { description, headers } of answers) {
        expect({ name, description }).toEqual({ name, description: expect.stringMatching(/\S/) })
        for (const header of Object.values<Json>(headers).map(follow)) {
          expect(header).toMatchObject({
            description: expect.stringMatching(/\S/),
            example: expect.anything(),
          })
        }
      }
    }
  })

  it('asks for the key of its area, and what anybody may ask for none', () => {
    for (const { name, operation } of operations) {
      const security = OPEN[name] ?? (name.includes(' /admin/') ? BY_OPERATOR : BY_KEY)
      // Which scopes a key has to have is told in key-scopes.test.ts.
      const asked = operation.security.map((one: Json) => (one.apiKey ? { apiKey: [] } : one))
      expect({ name, security: asked.slice(0, Math.max(security.length, 1)) }).toEqual({
        name,
        security,
      })
    }
  })
})

describe('the schemas', () => {
  it('have a name for each of several that a value may be, so that clients have a type for it', () => {
    const nameless = Object.entries<Json>(document.components.schemas).flatMap(([name, schema]) =>
      listChoices(schema)
        .filter((choices) => choices.length > 1 && !choices.every(({ $ref }) => $ref))
        .map((choices) => ({ name, choices })),
    )
    expect(nameless).toEqual([])
  })

  it('say in words what a member is by default, so that clients do not ask for it', () => {
    const text = JSON.stringify(document.components.schemas)
    expect(text).not.toMatch(/"default":/)
    const { NewReplay } = document.components.schemas
    expect(NewReplay.properties.rate_per_second.description).toBe('By default `20`.')
  })
})

/** What each choice within a schema is between, null apart. */
function listChoices(part: Json): Json[][] {
  if (typeof part !== 'object' || part === null) return []
  const { anyOf = [], oneOf = [] } = part
  const own = [...anyOf, ...oneOf].filter(({ type }: Json) => type !== 'null')
  return [own, ...Object.values<Json>(part).flatMap(listChoices)]
}

describe('the errors', () => {
  it('are all there, each under its status and with its sentence', () => {
    const shown = new Set<string>()
    for (const { operation } of operations) {
      for (const [status, answer] of Object.entries<Json>(operation.responses)) {
        if (status < '4') continue
        const examples = follow(answer).content?.['application/json'].examples ?? {}
        for (const { value } of Object.values<Json>(examples)) {
          const { status: own, sentence } = describeCode(value.code)
          const isOfOperator = operation.security.some((one: Json) => 'operatorToken' in one)
          const told = value.code === 'invalid_api_key' && isOfOperator ? OPERATOR_ASKED : sentence
          expect([String(own), told]).toEqual([status, value.error])
          expect(follow(answer).description).toContain(told)
          shown.add(value.code)
        }
      }
    }
    expect([...shown].toSorted()).toEqual(ERROR_CODES.toSorted())
  })

  it.each([
    [401, 'WWW-Authenticate'],
    [405, 'Allow'],
    [429, 'Retry-After'],
    [429, 'RateLimit'],
    [503, 'Retry-After'],
  ])('of a %s come with %s', (status, header) => {
    const answers = operations.flatMap(({ operation }) => operation.responses[status] ?? [])
    expect(answers.length).toBeGreaterThan(0)
    for (const answer of answers
      .map(follow)
      .filter(({ content }) => 'examples' in content['application/json'])) {
      expect(Object.keys(answer.headers)).toContain(header)
    }
  })
})

/** What those about the service itself do not have. */
const CALL_HEADER = 'x-callingbox-call-id'

describe('the webhooks', () => {
  it('are one for each event type', () => {
    expect(Object.keys(document.webhooks)).toEqual([...ALL_TYPES])
  })

  it('have every header that a consumer receives, and those that are always there are required', async () => {
    await world.createEndpoint()
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=b' }
    const { body: event } = await world.send({}, {}, { headers: trace })
    await world.drain()
    await world.redeliver(event.deliveries[0].id)
    await world.drain()
    const { body: endpoints } = await world.call('GET', '/v1/webhook_endpoints')
    await world.call('POST', `/v1/webhook_endpoints/${endpoints.data[0].id}/test`)
    await world.drain()
    const sent = world.receiver.received.map(({ headers }) => Array.from(headers.keys()))
    expect(sent.length).toBe(3)
    const everyone = sent.reduce((all, names) => all.filter((name) => names.includes(name)))
    for (const { name: webhook, operation } of webhooks) {
      const isOther = (header: string) => !webhook.includes('call.') && header === CALL_HEADER
      const names = (wanted: (one: Json) => boolean) =>
        operation.parameters.filter(wanted).map(({ name }: Json) => name.toLowerCase())
      const documented = [...names(() => true), ...UNNAMED]
      expect(new Set(documented)).toEqual(new Set(sent.flat().filter((one) => !isOther(one))))
      const required = [...names((one) => one.required), ...UNNAMED]
      expect(new Set(required)).toEqual(new Set(everyone.filter((one) => !isOther(one))))
    }
  })

  it('show a request that verifies, by either family', async () => {
    for (const { operation } of webhooks) {
      const body = JSON.stringify(operation.requestBody.content['application/json'].example)
      const [secret = ''] = /whsec_\w+/.exec(operation.description) ?? []
      const headers = Object.fromEntries(
        operation.parameters.map(({ name, example }: Json) => [name, example]),
      )
      const at = Number(headers['webhook-timestamp']) * 1000
      const received = { url: '', body, headers: new Headers(headers), at }
      expect(await verify(received, secret)).toEqual(JSON.parse(body))
    }
  })
})
