// /admin: organizations, their keys and default secrets, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findIssued, issueKey, revokeKey } from '../account/keys.ts'
import { expiryAfter, KeyMode, MAX_KEY_DAYS, MAX_NAME, Name } from '../account/schema.ts'
import { addOrg, replaceDefaultSecret, showDefaultSecret } from '../account/secrets.ts'
import { listApiKeys, type PublicApiKey } from '../db/account/api-keys.ts'
import { hasOrg, listOrgs, type Org } from '../db/account/orgs.ts'
import { OPERATOR_SCOPE } from '../db/idempotency.ts'
import { invalidRequest, notFound } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { toIssues } from './http/problem.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  Id,
  IdempotencyHeader,
  IdParams,
  Instant,
  json,
  jsonOnce,
  optionalJson,
  presentInstant,
  problems,
  requiredJson,
  RotateBody,
} from './http/schema.ts'

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

const NAME = { maxLength: MAX_NAME, description: 'Characters are counted as Unicode code points.' }

const NewOrg = z.strictObject({ name: Name.openapi(NAME) })

const NewApiKey = z.strictObject({
  name: Name.openapi(NAME),
  mode: KeyMode.nullish().openapi({ default: 'live' }),
  expires_at: Instant.nullish().openapi({
    description: `In the future, within ${MAX_KEY_DAYS} days; a key without it does not expire.`,
  }),
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
  request: { headers: IdempotencyHeader, body: requiredJson(NewOrg) },
  responses: { 201: jsonOnce('The organization', OrgSchema), ...problems(409) },
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
  request: { params: IdParams, headers: IdempotencyHeader, body: requiredJson(NewApiKey) },
  responses: {
    201: jsonOnce('The key', ApiKeySchema.extend({ key: z.string() }).openapi('NewApiKey')),
    ...problems(404, 409),
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
  request: { params: KeyParams, headers: IdempotencyHeader },
  responses: { 200: jsonOnce('The key', ApiKeySchema), ...problems(404, 409) },
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
  request: { params: IdParams, headers: IdempotencyHeader, body: optionalJson(RotateBody) },
  responses: { 200: jsonOnce('The new secret', SecretSchema), ...problems(404, 409) },
})

/** The operator's routes. */
export function adminRoutes(): Router {
  const app = createRouter()
  app.openapi(createOrgRoute, async (c) => {
    const { name } = c.req.valid('json')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const once = await addOrg(c.get('world'), (id) => actorOf(c, id), name, idempotency)
    return c.json(presentOrg(answerOnce(c, once)), 201)
  })
  app.openapi(listOrgsRoute, async (c) => {
    const rows = await listOrgs(c.get('world').store.shared)
    return c.json({ data: rows.map(presentOrg) }, 200)
  })
  keyRoutes(app)
  secretRoutes(app)
  return app
}

function keyRoutes(app: Router): void {
  app.openapi(createKeyRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const { name, mode, expires_at: expiresAt } = c.req.valid('json')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const issue = () => {
      const wanted = { name, mode: mode ?? 'live', expiresAt: readExpiry(c, expiresAt) }
      const issuing = { pepper: c.env.API_KEY_PEPPER, idempotency }
      return issueKey(c.get('world'), actorOf(c, orgId), wanted, issuing)
    }
    const once = (await findIssued(c.get('world'), idempotency)) ?? (await issue())
    const { stored, key } = answerOnce(c, once)
    return c.json({ ...presentApiKey(stored), key }, 201)
  })
  app.openapi(listKeysRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const rows = await listApiKeys(c.get('world').store.of(orgId), orgId)
    return c.json({ data: rows.map(presentApiKey) }, 200)
  })
  app.openapi(revokeKeyRoute, async (c) => {
    const { id, key_id } = c.req.valid('param')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const once = await revokeKey(c.get('world'), actorOf(c, id), key_id, idempotency)
    return c.json(presentApiKey(answerOnce(c, once)), 200)
  })
}

function secretRoutes(app: Router): void {
  app.openapi(getSecretRoute, async (c) => {
    const { id } = c.req.valid('param')
    const plaintext = await showDefaultSecret(c.get('world'), actorOf(c, id))
    if (plaintext === undefined) throw notFound('organization')
    return c.json({ org_id: id, signing_secret: plaintext }, 200)
  })
  app.openapi(rotateSecretRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const { overlap_seconds = 0 } = c.req.valid('json')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const rotation = { overlapMs: overlap_seconds * 1000, idempotency }
    const once = await replaceDefaultSecret(c.get('world'), actorOf(c, orgId), rotation)
    return c.json({ org_id: orgId, signing_secret: answerOnce(c, once) }, 200)
  })
}

/** An instant in Unix ms, null for never. @throws AppError `invalid_request`. */
function readExpiry(c: Context<ApiEnv>, text: string | null | undefined): number | null {
  const parsed = expiryAfter(c.get('world').now()).nullish().safeParse(text)
  if (parsed.success) return parsed.data ?? null
  const issues = toIssues(parsed.error)
  throw invalidRequest(issues.map(({ message }) => ({ path: 'expires_at', message })))
}

async function existingOrg(c: Context<ApiEnv>, orgId: string): Promise<string> {
  if (!(await hasOrg(c.get('world').store.of(orgId), orgId))) throw notFound('organization')
  return orgId
}

function presentOrg({ id, name, createdAt }: Org): z.infer<typeof OrgSchema> {
  return { id, name, created_at: presentInstant(createdAt) }
}

function presentApiKey(key: PublicApiKey): z.infer<typeof ApiKeySchema> {
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
