// What a 400 says of each member of each route: that it is missing, or what it must be, in words of ours.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { QUOTAS } from '../../../src/quotas.ts'
import { readContract } from '../../contract.ts'
import { World, type Answered, type Json } from '../../world.ts'
import { expectProblem, issuePaths } from './shapes.ts'

const contract = await readContract()

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'

/** Words of libraries, which say what they have and not what to do. */
const FOREIGN = /expected|received|invalid|too (?:big|small)|undefined|[<>]=/i

/** Values of every type; a member takes some of them. */
const VALUES = [{ a: 1 }, [], [{}], 5.5, -7, 1e15, 'x\u0000', '', true, null]

type Route = { name: string; method: string; path: string; operation: Json }

const ROUTES: Route[] = Object.entries<Json>(contract.document.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, NOWHERE),
    operation,
  })),
)

const WITH_BODY = ROUTES.filter(({ operation }) => operation.requestBody)

let world: World
beforeEach(async () => {
  world = await World.create()
})

function send({ method, path }: Route, search = '', body?: unknown): Promise<Answered> {
  const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
  return world.call(method, path + search, body, { key })
}

/** The members of a route's body, with the path that leads there, and one that passes of each. */
function membersOf(schema: Json, example: Json, path: string[] = []): Member[] {
  const whole = contract.follow(schema)
  const { properties = {}, required = [] } = whole
  return Object.entries<Json>(properties).flatMap(([name, part]) => {
    const kinds = (part.anyOf ?? [part]).map((one: Json) => contract.follow(one))
    const object = kinds.find((one: Json) => one.properties)
    const here = [...path, name]
    const own: Member = {
      path: here,
      isRequired: required.includes(name),
      schema: contract.follow(part),
    }
    // A filter has filters inside.
    const inside = object && object !== whole ? membersOf(object, example?.[name], here) : []
    return [own].concat(inside)
  })
}

type Member = { path: string[]; isRequired: boolean; schema: Json }

function bodyOf({ operation }: Route): { schema: Json; example: Json } {
  return operation.requestBody.content['application/json']
}

/** The example with another value at the path. */
function withValue(example: Json, [name = '', ...rest]: string[], value: unknown): Json {
  const inner = rest.length === 0 ? value : withValue(example?.[name] ?? {}, rest, value)
  return { ...example, [name]: inner }
}

/** Sentences of a 400 that are not of ours. */
function foreignIn({ status, body }: Answered): string[] {
  if (status !== 400) return []
  const messages: string[] = body.issues.map(({ message }: Json) => message)
  return [...messages, body.error].filter((message) => FOREIGN.test(message))
}

describe.each(WITH_BODY)('the body of $name', (route) => {
  const { schema, example } = bodyOf(route)
  const members = membersOf(schema, example)

  it('is told which member is missing', async () => {
    for (const { path, isRequired } of members) {
      if (!isRequired) continue
      const answer = await send(route, '', withValue(example, path, undefined))
      expectProblem(answer, 'invalid_request')
      expect(answer.body.issues).toContainEqual({ path: path.join('.'), message: 'is missing' })
    }
  })

  it('is told in words what a member must be, whatever it is', async () => {
    for (const { path } of members) {
      for (const value of VALUES) {
        expect(foreignIn(await send(route, '', withValue(example, path, value)))).toEqual([])
      }
    }
    for (const body of ['[]', '5', '"x"', 'null', 'true'])
      expect(foreignIn(await send(route, '', body))).toEqual([])
  })

  it('is told the unit of a number that is out of range', async () => {
    for (const {
      path,
      schema: { minimum, maximum },
    } of members) {
      const name = path.at(-1) ?? ''
      if (maximum === undefined) continue
      for (const value of [minimum - 1, maximum + 1]) {
        const answer = await send(route, '', withValue(example, path, value))
        expect(issuePaths(answer)).toEqual([path.join('.')])
        expect({ name, message: answer.body.error }).toEqual({
          name,
          message: expect.stringMatching(/second|HTTP status|whole number of [a-zA-Z]/),
        })
      }
    }
  })

  it('is told each member that is not there by its name', async () => {
    for (const { path } of members) {
      const typo = [...path.slice(0, -1), `${path.at(-1)}x`]
      // A call is passed on, whatever is in it.
      if (typo.length > 1 && typo[0] === 'call') continue
      const answer = await send(route, '', withValue(example, typo, 1))
      expect(issuePaths(answer)).toContain(typo.join('.'))
    }
  })
})

describe('a list and an object', () => {
  const events = '["*"] or some of call.queued, '
  it.each([
    [{ enabled_events: [] }, 'enabled_events', `must not be empty: it takes ${events}`],
    [{ enabled_events: 'x' }, 'enabled_events', `must be a list of event types: ${events}`],
    [{ enabled_events: ['*', 'x'] }, 'enabled_events.1', 'must be one of *, call.queued, '],
    [{ enabled_event: ['*'] }, 'enabled_event', 'there is no such member here, only kind, url, '],
  ])('is told of %j at %s: %s', async (body, path, message) => {
    const { issues } = (await world.createEndpoint(body)).body
    expect(issues).toEqual([{ path, message: expect.stringContaining(message) }])
  })

  it('of a link is told which scopes there are', async () => {
    const { body } = await world.call('POST', '/v1/portal_links', { scopes: ['manage'] })
    expect(body.error).toBe('scopes.0: must be one of read, operate')
  })

  it('of quotas is told which there are', async () => {
    const quotas = { bogus: 1 }
    const path = `/admin/orgs/${world.orgId}`
    const { body } = await world.call('PATCH', path, { quotas }, { key: env.ADMIN_TOKEN })
    expect(body.error).toBe(
      `quotas.bogus: there is no such member here, only ${Object.keys(QUOTAS).join(', ')}`,
    )
  })
})

describe('a query', () => {
  it('is told each parameter that is wrong or not there by its name, in words', async () => {
    for (const route of ROUTES) {
      const names: string[] = (route.operation.parameters ?? []).flatMap((one: Json) =>
        one.in === 'query' ? [one.name] : [],
      )
      for (const name of names) {
        const wrong = await send(route, `?${name}=%20nonsense`)
        expect(issuePaths(wrong)).toEqual([name])
        expect(foreignIn(wrong)).toEqual([])
        expect(issuePaths(await send(route, `?${name}x=1`))).toEqual([`${name}x`])
      }
    }
  })
})

describe('GET /v1/events/{id}', () => {
  it('answers the event that a delivery belongs to, by its id', async () => {
    await world.createEndpoint()
    const { body: event } = await world.send({ webhook_url: 'https://inline.example/' })
    expect(event.deliveries).toHaveLength(2)
    for (const { id } of [event, ...event.deliveries]) {
      const answer = await world.call('GET', `/v1/events/${id}`)
      expect(answer).toMatchObject({ status: 200, body: event })
    }
  })

  it('finds no event of another org by a delivery’s id (X1)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const { key } = await world.createOrg('Other')
    expect((await world.call('GET', `/v1/events/${id}`, undefined, { key })).status).toBe(404)
  })
})
