// /admin: organizations, their keys and default secrets, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { issueKey } from '../account/keys.ts'
import { makeSecret, replaceDefaultSecret, showDefaultSecret } from '../account/secrets.ts'
import { newId } from '../db/ids.ts'
import {
  createOrg,
  hasOrg,
  listApiKeys,
  listOrgs,
  revokeApiKey,
  type ApiKey,
  type Org,
} from '../db/account/orgs.ts'
import { notFound } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  Id,
  IdParams,
  Instant,
  json,
  optionalJson,
  presentInstant,
  problems,
  requiredJson,
  RotateBody,
} from './http/schema.ts'

const Name = z.string().trim().min(1).max(200)

const OrgSchema = z
  .object({ id: Id, name: z.string(), created_at: Instant })
  .openapi('Organization')

const ApiKeySchema = z
  .object({
    id: Id,
    org_id: Id,
    name: z.string(),
    public_id: z.string().openapi({ description: 'The part of the key that logs may name.' }),
    created_at: Instant,
    expires_at: Instant.nullable(),
    revoked_at: Instant.nullable(),
    last_used_at: Instant.nullable().openapi({ description: 'To the hour.' }),
  })
  .openapi('ApiKey')

const NewApiKey = z.strictObject({
  name: Name,
  mode: z.enum(['live', 'test']).default('live'),
  expires_at: z.iso.datetime({ offset: true }).optional(),
})

const SecretSchema = z.object({ org_id: Id, signing_secret: z.string() }).openapi('DefaultSecret')

const KeyParams = IdParams.extend({
  key_id: Id.openapi({ param: { name: 'key_id', in: 'path' } }),
})

const jsonOnly = [jsonBody(MAX_BODY_BYTES)]

const createOrgRoute = createRoute({
  method: 'post',
  path: '/admin/orgs',
  summary: 'Create an organization with its default signing secret',
  middleware: jsonOnly,
  request: { body: requiredJson(z.strictObject({ name: Name })) },
  responses: { 201: json('The organization', OrgSchema), ...problems() },
})

const listOrgsRoute = createRoute({
  method: 'get',
  path: '/admin/orgs',
  summary: 'List organizations',
  responses: { 200: json('All of them', z.object({ data: z.array(OrgSchema) })), ...problems() },
})

const createKeyRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/api_keys',
  summary: 'Create an API key, shown once',
  middleware: jsonOnly,
  request: { params: IdParams, body: requiredJson(NewApiKey) },
  responses: {
    201: json('The key', ApiKeySchema.extend({ key: z.string() }).openapi('NewApiKey')),
    ...problems(404),
  },
})

const listKeysRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/api_keys',
  summary: "List an organization's API keys",
  request: { params: IdParams },
  responses: {
    200: json('All of them', z.object({ data: z.array(ApiKeySchema) })),
    ...problems(404),
  },
})

const revokeKeyRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/api_keys/{key_id}/revoke',
  summary: 'Revoke an API key, for good and at once',
  middleware: [noBody()],
  request: { params: KeyParams },
  responses: { 200: json('The key', ApiKeySchema), ...problems(404) },
})

const getSecretRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/default_secret',
  summary: 'The secret that signs inline deliveries',
  request: { params: IdParams },
  responses: { 200: json('The secret', SecretSchema), ...problems(404) },
})

const rotateSecretRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/rotate_default_secret',
  summary: 'Replace the default signing secret',
  middleware: jsonOnly,
  request: { params: IdParams, body: optionalJson(RotateBody) },
  responses: { 200: json('The new secret', SecretSchema), ...problems(404, 409) },
})

/** The operator's routes. */
export function adminRoutes(): Router {
  const app = createRouter()
  app.openapi(createOrgRoute, async (c) => {
    const { db, now } = c.get('engine')
    const org = { id: newId(now()), name: c.req.valid('json').name, createdAt: now() }
    const { secret } = await makeSecret(c.get('engine'), org.id, org.id)
    await createOrg(db, actorOf(c, org.id), org, secret)
    return c.json(presentOrg(org), 201)
  })
  app.openapi(listOrgsRoute, async (c) => {
    const rows = await listOrgs(c.get('engine').db)
    return c.json({ data: rows.map(presentOrg) }, 200)
  })
  keyRoutes(app)
  secretRoutes(app)
  return app
}

function keyRoutes(app: Router): void {
  app.openapi(createKeyRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const { name, mode, expires_at } = c.req.valid('json')
    const expiresAt = expires_at === undefined ? null : Date.parse(expires_at)
    const wanted = { name, mode, expiresAt }
    const pepper = c.env.API_KEY_PEPPER
    const { stored, key } = await issueKey(c.get('engine'), actorOf(c, orgId), wanted, pepper)
    return c.json({ ...presentApiKey(stored), key }, 201)
  })
  app.openapi(listKeysRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const rows = await listApiKeys(c.get('engine').db, orgId)
    return c.json({ data: rows.map(presentApiKey) }, 200)
  })
  app.openapi(revokeKeyRoute, async (c) => {
    const { db, now } = c.get('engine')
    const { id, key_id } = c.req.valid('param')
    const key = await revokeApiKey(db, actorOf(c, id), key_id, now())
    if (!key) throw notFound('API key')
    return c.json(presentApiKey(key), 200)
  })
}

function secretRoutes(app: Router): void {
  app.openapi(getSecretRoute, async (c) => {
    const { id } = c.req.valid('param')
    const plaintext = await showDefaultSecret(c.get('engine'), actorOf(c, id))
    if (plaintext === undefined) throw notFound('organization')
    return c.json({ org_id: id, signing_secret: plaintext }, 200)
  })
  app.openapi(rotateSecretRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const { overlap_seconds = 0 } = c.req.valid('json')
    const overlapMs = overlap_seconds * 1000
    const plaintext = await replaceDefaultSecret(c.get('engine'), actorOf(c, orgId), overlapMs)
    return c.json({ org_id: orgId, signing_secret: plaintext }, 200)
  })
}

async function existingOrg(c: Context<ApiEnv>, orgId: string): Promise<string> {
  if (!(await hasOrg(c.get('engine').db, orgId))) throw notFound('organization')
  return orgId
}

function presentOrg({ id, name, createdAt }: Org): z.infer<typeof OrgSchema> {
  return { id, name, created_at: presentInstant(createdAt) }
}

function presentApiKey(key: ApiKey): z.infer<typeof ApiKeySchema> {
  return {
    id: key.id,
    org_id: key.orgId,
    name: key.name,
    public_id: key.publicId,
    created_at: presentInstant(key.createdAt),
    expires_at: presentInstant(key.expiresAt),
    revoked_at: presentInstant(key.revokedAt),
    last_used_at: presentInstant(key.lastUsedAt),
  }
}
