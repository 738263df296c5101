// /v1/audit_log, and the operator's: who changed what, when and from where.
import { createRoute, z } from '@hono/zod-openapi'
import { AUDIT_ACTIONS } from '../db/audit.ts'
import { hasOrg } from '../db/account/orgs.ts'
import type { Paged } from '../db/page.ts'
import { readStored } from '../db/stored-json.ts'
import { listAuditLog, listOperatorLog, type AuditEntry } from '../db/views/audit-log.ts'
import { notFound } from '../errors.ts'
import { dataOf } from './http/context.ts'
import { createRouter, type Router } from './http/router.ts'
import { EndpointId, Id, idParams, OrgId } from './http/ids.ts'
import {
  Instant,
  json,
  pageOf,
  PageQuery,
  presentInstant,
  problems,
  toPage,
} from './http/schema.ts'

/** The actions of an organization’s log; the others are the operator’s. */
function listActions(): string {
  const own = AUDIT_ACTIONS.filter((action) => !/^stop\.|^org\.(?:delete|remove)$/.test(action))
  return own.map((action) => `\`${action}\``).join(', ')
}

const Details = z.record(z.string(), z.unknown())

const ENTRY = {
  id: Id.openapi({ example: '019a2f6e-af70-7d4e-9a53-2b8f6c0daf77' }),
  at: Instant,
  actor: z.string().openapi({
    description:
      'The public id of an API key, after "dashboard:" if it was used there; "portal:" and the id of a link, of who came by it; "admin" for the operator; or "system" for what the service did by itself.',
    example: '8fK2mQxZ',
  }),
  action: z.string().openapi({
    description: `What was done, as \`<target type>.<verb>\`: ${listActions()}. More are added in time.`,
    example: 'endpoint.rotate_secret',
  }),
  target_type: z
    .enum(['endpoint', 'delivery', 'event', 'replay', 'org', 'api_key', 'portal_link', 'session'])
    .openapi('AuditTarget'),
  target_id: EndpointId,
  ip: z.string().nullable().openapi({
    description: 'Where the request came from, if known.',
    example: '192.0.2.7',
  }),
  request_id: z.string().openapi({
    description: '"system" where nobody asked.',
    example: '0d0a6c1e-3a52-4f0c-9d4b-8d6f1c2e7a90',
  }),
  details: Details.nullable().openapi({
    description:
      'What else there is to say, such as the names of the members that changed; null when that cannot be read.',
    example: { overlap_seconds: 86_400 },
  }),
}

const EntrySchema = z.object(ENTRY).openapi('AuditEntry')

const EntryPage = pageOf(EntrySchema).openapi('AuditPage')

const OperatorEntry = z
  .object({
    ...ENTRY,
    action: z.string().openapi({
      description:
        '`stop.put`, `stop.lift`; of a deleted organization `org.delete`, and `org.remove` when nothing of it is left. More are added in time.',
      example: 'stop.put',
    }),
    target_type: z.enum(['org', 'stop']).openapi('OperatorAuditTarget', { example: 'stop' }),
    target_id: z.string().openapi({
      description: 'An organization’s id, a host, or `everything`.',
      example: 'hooks.example.com',
    }),
  })
  .openapi('OperatorAuditEntry')

const OperatorPage = pageOf(OperatorEntry).openapi('OperatorAuditPage')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/audit_log',
  operationId: 'listAuditLog',
  description:
    'Each entry was written together with its change, and none when nothing changed. None has a secret in it.',
  summary:
    'List changes to endpoints, secrets, keys and sessions, redeliveries and replays, newest first',
  request: { query: PageQuery },
  responses: {
    200: json('A page', EntryPage),
    ...problems(),
  },
})

const ofOrgRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/audit_log',
  operationId: 'listOrganizationAuditLog',
  summary: 'List changes of an organization, newest first',
  description: 'What its own audit log shows it.',
  request: { params: idParams(OrgId, 'organization'), query: PageQuery },
  responses: { 200: json('A page', EntryPage), ...problems() },
})

const ofOperatorRoute = createRoute({
  method: 'get',
  path: '/admin/audit_log',
  operationId: 'listOperatorAuditLog',
  summary: 'List what the operator did that is in no organization’s log, newest first',
  description: 'Stops of hosts and of everything, and deleted organizations. It is kept for good.',
  request: { query: PageQuery },
  responses: { 200: json('A page', OperatorPage), ...problems() },
})

/** The routes of the audit log. */
export function auditRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const page = toPage(c.req.valid('query'))
    return c.json(presentPage(await listAuditLog(dataOf(c), c.get('orgId'), page)), 200)
  })
  app.openapi(ofOrgRoute, async (c) => {
    const { id } = c.req.valid('param')
    const page = toPage(c.req.valid('query'))
    const db = c.get('world').store.of(id)
    if (!(await hasOrg(db, id))) throw notFound('organization')
    return c.json(presentPage(await listAuditLog(db, id, page)), 200)
  })
  app.openapi(ofOperatorRoute, async (c) => {
    const page = toPage(c.req.valid('query'))
    const dbs = c.get('world').store.all.map(({ db }) => db)
    const { rows, hasMore } = await listOperatorLog(dbs, page)
    return c.json({ data: rows.map(presentOwnEntry), has_more: hasMore }, 200)
  })
  return app
}

function presentPage({ rows, hasMore }: Paged<AuditEntry>): z.infer<typeof EntryPage> {
  return { data: rows.map(presentEntry), has_more: hasMore }
}

function presentOwnEntry(entry: AuditEntry): z.infer<typeof OperatorEntry> {
  const target_type = entry.targetType === 'org' ? 'org' : 'stop'
  return { ...presentEntry(entry), target_type }
}

function presentEntry(entry: AuditEntry): z.infer<typeof EntrySchema> {
  return {
    id: entry.id,
    at: presentInstant(entry.at),
    actor: entry.actor,
    action: entry.action,
    // An action is named `<target type>.<verb>`, and the store takes the type from there.
    target_type: entry.targetType as z.infer<typeof EntrySchema>['target_type'],
    target_id: entry.targetId,
    ip: entry.ip,
    request_id: entry.requestId,
    details: readStored<Record<string, unknown> | null>(entry.details, Details, null),
  }
}
