// /v1/audit_log: who changed what, when and from where.
import { createRoute, z } from '@hono/zod-openapi'
import { readStored } from '../db/stored-json.ts'
import { listAuditLog, type AuditEntry } from '../db/views/audit-log.ts'
import { dataOf } from './http/context.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  Id,
  Instant,
  json,
  pageOf,
  PageQuery,
  presentInstant,
  problems,
  toPage,
} from './http/schema.ts'

const Details = z.record(z.string(), z.unknown())

const EntrySchema = z
  .object({
    id: Id,
    at: Instant,
    actor: z.string().openapi({
      description:
        'The public id of an API key, after "dashboard:" if it was used there, or "admin" for the operator.',
      example: '8fK2mQxZ',
    }),
    action: z.string().openapi({ example: 'endpoint.rotate_secret' }),
    target_type: z.enum(['endpoint', 'delivery', 'org', 'api_key']),
    target_id: Id,
    ip: z.string().nullable().openapi({ description: 'Where the request came from, if known.' }),
    request_id: z.string(),
    details: Details.nullable().openapi({
      description:
        'What else there is to say, such as the names of the members that changed; null when that cannot be read.',
    }),
  })
  .openapi('AuditEntry')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/audit_log',
  summary: 'List changes to endpoints, secrets and keys, and redeliveries, newest first',
  request: { query: PageQuery },
  responses: {
    200: json('A page', pageOf(EntrySchema)),
    ...problems(),
  },
})

/** The route of the audit log. */
export function auditRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const page = toPage(c.req.valid('query'))
    const { rows, hasMore } = await listAuditLog(dataOf(c), c.get('orgId'), page)
    return c.json({ data: rows.map(presentEntry), has_more: hasMore }, 200)
  })
  return app
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
