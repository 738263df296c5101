// /admin/orgs: organizations, for the operator.
import { createRoute } from '@hono/zod-openapi'
import { addOrg, changeOrg, listOrgs, removeOrg } from '../account/orgs.ts'
import { findOrg } from '../db/account/orgs.ts'
import { EVERY_ORG } from '../db/account/stops.ts'
import { OPERATOR_SCOPE } from '../db/idempotency.ts'
import { notFound } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody, requireBody } from './http/body.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { idParams, OrgId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  IdempotencyHeader,
  json,
  pageOf,
  PageQuery,
  problems,
  requiredJson,
  toPage,
} from './http/schema.ts'
import {
  NewOrg,
  OrgDetail,
  OrgPatch,
  OrgSchema,
  presentOrg,
  presentOrgDetail,
  toOrgChanges,
} from './org-shape.ts'

const OneOrg = idParams(OrgId, 'organization')

const OrgPage = pageOf(OrgSchema).openapi('OrganizationPage')

const createOrgRoute = createRoute({
  method: 'post',
  path: '/admin/orgs',
  operationId: 'createOrganization',
  summary: 'Create an organization with its default signing secret',
  description: 'With several databases it is put where there is most room.',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { headers: IdempotencyHeader, body: requiredJson(NewOrg) },
  responses: { 201: json('The organization', OrgSchema), ...problems() },
})

const listOrgsRoute = createRoute({
  method: 'get',
  path: '/admin/orgs',
  operationId: 'listOrganizations',
  summary: 'List organizations, newest first',
  description: 'Those of all databases, or a 503.',
  request: { query: PageQuery },
  responses: { 200: json('A page', OrgPage), ...problems() },
})

const getOrgRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}',
  operationId: 'getOrganization',
  summary: 'An organization',
  description: 'As it is now.',
  request: { params: OneOrg },
  responses: { 200: json('The organization', OrgDetail), ...problems() },
})

const patchOrgRoute = createRoute({
  method: 'patch',
  path: '/admin/orgs/{id}',
  operationId: 'updateOrganization',
  summary: 'Rename an organization, stop what it sends, let it go on, or give it other quotas',
  description:
    'What is not given stays. Once it sends again, what waited goes at the pace of a recovery.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { params: OneOrg, body: requiredJson(OrgPatch) },
  responses: { 200: json('The organization', OrgDetail), ...problems() },
})

const deleteOrgRoute = createRoute({
  method: 'delete',
  path: '/admin/orgs/{id}',
  operationId: 'deleteOrganization',
  summary: 'Delete an organization, with all that it has',
  description:
    'For good: its keys, sessions and links end at once, nothing of it is sent any more, and the cron deletes its data. ' +
    'Repeat it after a 5xx. The operator’s audit log keeps that it was done.',
  middleware: [noBody()],
  request: { params: OneOrg },
  responses: { 204: { description: 'It is gone.' }, ...problems('move_under_way') },
})

/** The routes of organizations themselves. */
export function orgRoutes(): Router {
  const app = createRouter()
  app.openapi(createOrgRoute, async (c) => {
    const { name } = c.req.valid('json')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const once = await addOrg(c.get('world'), (id) => actorOf(c, id), name, idempotency)
    return c.json(presentOrg(answerOnce(c, once)), 201)
  })
  app.openapi(listOrgsRoute, async (c) => {
    const page = toPage(c.req.valid('query'))
    const { rows, hasMore } = await listOrgs(c.get('world').store, page)
    return c.json({ data: rows.map(presentOrg), has_more: hasMore }, 200)
  })
  app.openapi(getOrgRoute, async (c) => {
    const { id } = c.req.valid('param')
    const { now, store } = c.get('world')
    const org = await findOrg(store.of(id), id, now())
    if (!org) throw notFound('organization')
    return c.json(presentOrgDetail(org), 200)
  })
  app.openapi(patchOrgRoute, async (c) => {
    const { id } = c.req.valid('param')
    const changes = toOrgChanges(c.req.valid('json'))
    const org = await changeOrg(c.get('world'), actorOf(c, id), changes)
    return c.json(presentOrgDetail(org), 200)
  })
  app.openapi(deleteOrgRoute, async (c) => {
    await removeOrg(c.get('world'), actorOf(c, EVERY_ORG), c.req.valid('param').id)
    return c.body(null, 204)
  })
  return app
}
