// The examples of the document, sent to the service as they stand there.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { readContract } from '../contract.ts'
import { makeListened } from '../listen/ear.ts'
import { addReplay, moveHere } from '../security/orgs/rows.ts'
import { World, type Json } from '../world.ts'

const contract = await readContract()

type Example = { name: string; method: string; path: string; operation: Json }

const EXAMPLES: Example[] = Object.entries<Json>(contract.document.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
)

/** Examples of which one does not go with another. */
const ALONE = new Set(['ending_before', 'kind'])

/** What nothing can be done to here, and what it is answered: there is one database, and no token is anybody's. */
const REFUSED: Record<string, number> = {
  'POST /admin/orgs/{id}/move': 400,
  'POST /v1/webhook_endpoints/{id}/answers': 400,
}

/** What is of an endpoint that is listened to. */
const LISTENING = new Set(['listenToEndpoint', 'answerWebhook'])

let world: World
/** What there is for the example of each id, by that. */
let there: Map<string, string>
beforeEach(async () => {
  world = await World.create()
  const { body: endpoint } = await world.createEndpoint()
  const event = (await world.send()).body
  await world.drain()
  const admin = { key: env.ADMIN_TOKEN }
  const keys = await world.call('GET', `/admin/orgs/${world.orgId}/api_keys`, undefined, admin)
  await moveHere(world.orgId)
  there = new Map([
    [idOf('getEndpoint'), endpoint.id],
    [idOf('getEvent'), event.id],
    [idOf('getDelivery'), event.deliveries[0].id],
    [idOf('getMove'), world.orgId],
    [idOf('revokeOrganizationApiKey', 'key_id'), keys.body.data[0].id],
  ])
})

function idOf(operationId: string, name = 'id'): string {
  const named = EXAMPLES.find(({ operation }) => operation.operationId === operationId)
  return named?.operation.parameters.find((one: Json) => one.name === name).example
}

/** The text with ids of what there is. */
function furnish(text: string): string {
  return [...there].reduce((furnished, [shown, real]) => furnished.replaceAll(shown, real), text)
}

/** Sends it with those parameters. */
function send({ method, path, operation }: Example, names: string[]) {
  const given = (place: string) =>
    (operation.parameters ?? []).filter((one: Json) => one.in === place)
  const filled = given('path').reduce(
    (made: string, { name, example }: Json) => made.replace(`{${name}}`, example),
    path,
  )
  const asked = given('query').filter(({ name }: Json) => names.includes(name))
  const query = asked.map(({ name, example }: Json) => `${name}=${encodeURIComponent(example)}`)
  const headers = given('header').map(({ name, example }: Json) => [name, example])
  const body = operation.requestBody?.content['application/json'].example
  const [{ apiKey, operatorToken } = {}] = operation.security
  const key = operatorToken ? env.ADMIN_TOKEN : apiKey ? world.key : ''
  return world.call(
    method,
    furnish(query.length > 0 ? `${filled}?${query.join('&')}` : filled),
    body && furnish(JSON.stringify(body)),
    { key, headers: Object.fromEntries(headers) },
  )
}

describe.each(EXAMPLES)('the example of $name', (one) => {
  const { name, operation } = one
  const query: string[] = (operation.parameters ?? []).flatMap((parameter: Json) =>
    parameter.in === 'query' ? [parameter.name] : [],
  )

  it('is answered as it says', async () => {
    const status = operation.operationId === 'resumeReplay' ? 'paused' : 'running'
    there.set(idOf('getReplay'), await addReplay(world.orgId, status, world.clock))
    if (LISTENING.has(operation.operationId))
      there.set(idOf('getEndpoint'), (await makeListened(world)).id)
    // A stream is over at once.
    world.sleep = async () => {}
    const answer = await send(
      one,
      query.filter((parameter) => !ALONE.has(parameter)),
    )
    const wanted = Object.keys(operation.responses).find((code) => code.startsWith('2'))
    expect({ ...answer, headers: undefined }).toMatchObject({
      status: REFUSED[name] ?? Number(wanted),
    })
    const body = contract.follow(operation.responses[answer.status]).content?.['application/json']
    if (!body) return
    const kinds = Object.values<Json>(body.examples ?? { example: { value: body.example } })
    const shapes = kinds.map(({ value }) => new Set(Object.keys(value)))
    const answered = new Set(Object.keys(answer.body))
    expect({
      shapes,
      answered,
      isShown: shapes.some((shape) => [...shape].every((member) => answered.has(member))),
    }).toEqual({ shapes, answered, isShown: true })
  })

  it.each(query)('is answered with %s by itself', async (parameter) => {
    there.set(idOf('getReplay'), await addReplay(world.orgId, 'running', world.clock))
    expect((await send(one, [parameter])).status).toBe(200)
  })

  it('has bodies that are as their schemas have them', () => {
    const answers = Object.values<Json>(operation.responses).map((part) => contract.follow(part))
    const bodies = [operation.requestBody, ...answers].flatMap(
      (part) => part?.content?.['application/json'] ?? [],
    )
    for (const { schema, example, examples = {} } of bodies) {
      const values = Object.values<Json>(examples).map(({ value }) => value)
      for (const value of example === undefined ? values : [example]) {
        expect(contract.findProblems(schema, value)).toEqual([])
      }
    }
    for (const { schema, example } of operation.parameters ?? []) {
      expect(contract.findProblems(schema, example)).toEqual([])
    }
  })
})
