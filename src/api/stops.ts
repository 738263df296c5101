// /admin/stops: what nothing is sent to, for the operator: a host, or everything.
import { createRoute, z } from '@hono/zod-openapi'
import { HOST_HINT, listStops, resumeSending, stopSending } from '../account/stops.ts'
import { EVERY_ORG, EVERYTHING, type Stop } from '../db/account/stops.ts'
import { EVERY_HOST, hostOf } from '../db/stopped.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody } from './http/body.ts'
import { OrgId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { Instant, json, optionalJson, presentInstant, problems } from './http/schema.ts'
import { PauseReason } from './org-shape.ts'

const StopSchema = z
  .object({
    what: z.enum(['everything', 'host', 'organization']).openapi('StopKind', { example: 'host' }),
    host: z.string().nullable().openapi({ example: 'hooks.example.com' }),
    org_id: OrgId.nullable().openapi({ example: null }),
    reason: z.string().nullable().openapi({ example: 'Its owner asked for it' }),
    stopped_at: Instant,
  })
  .openapi('Stop')

const StopList = z.object({ data: z.array(StopSchema) }).openapi('StopList')

const NewStop = z.strictObject({ reason: PauseReason }).openapi('NewStop')

const HostParams = z.object({
  host: z
    .string()
    .transform((text, issues) => {
      const host = readHost(text)
      if (host !== undefined) return host
      issues.addIssue({ code: 'custom', message: HOST_HINT })
      return z.NEVER
    })
    .openapi({
      param: { name: 'host', in: 'path' },
      type: 'string',
      description: `A host’s full name, without what is below it; or \`${EVERYTHING}\`.`,
      example: 'hooks.example.com',
    }),
})

const listRoute = createRoute({
  method: 'get',
  path: '/admin/stops',
  operationId: 'listStops',
  summary: 'List what is stopped',
  description: 'Everything, hosts and organizations, of all databases; or a 503.',
  responses: { 200: json('All of them', StopList), ...problems() },
})

const putRoute = createRoute({
  method: 'put',
  path: '/admin/stops/{host}',
  operationId: 'stopSending',
  summary: 'Send nothing to a host, or nothing at all',
  description:
    'Events are accepted, and deliveries wait as those of a disabled endpoint do, without using up an attempt; what is ' +
    'under way ends. Repeat it after a 5xx: with several databases it may hold in some of them.',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { params: HostParams, body: optionalJson(NewStop) },
  responses: { 200: json('The stop', StopSchema), ...problems('too_many_stops') },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/admin/stops/{host}',
  operationId: 'resumeSending',
  summary: 'Let it go on',
  description:
    'What waits for an endpoint is sent at the pace of a recovery, from two minutes on; what goes to the URL of a call ' +
    'follows within ten. What is not stopped is left as it is.',
  middleware: [noBody()],
  request: { params: HostParams },
  responses: { 204: { description: 'It is not stopped.' }, ...problems() },
})

/** The routes of what is stopped. */
export function stopRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const stops = await listStops(c.get('world').store)
    return c.json({ data: stops.map(presentStop) }, 200)
  })
  app.openapi(putRoute, async (c) => {
    const { host } = c.req.valid('param')
    const { reason = null } = c.req.valid('json')
    const stop = await stopSending(c.get('world'), (id) => actorOf(c, id), host, reason)
    return c.json(presentStop(stop), 200)
  })
  app.openapi(deleteRoute, async (c) => {
    await resumeSending(c.get('world'), (id) => actorOf(c, id), c.req.valid('param').host)
    return c.body(null, 204)
  })
  return app
}

/** A host's name in its one form. */
function readHost(text: string): string | undefined {
  if (text === EVERYTHING) return EVERY_HOST
  return /[\s/?#@\\]|:\d*$/.test(text) ? undefined : hostOf(`https://${text}`)
}

function presentStop({ orgId, host, reason, stoppedAt }: Stop): z.infer<typeof StopSchema> {
  const isOfOrg = orgId !== EVERY_ORG
  const isOfHost = host !== EVERY_HOST
  return {
    what: isOfOrg ? 'organization' : isOfHost ? 'host' : 'everything',
    host: isOfHost ? host : null,
    org_id: isOfOrg ? orgId : null,
    reason,
    stopped_at: presentInstant(stoppedAt),
  }
}
