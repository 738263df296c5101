// /admin/orgs/{id}: an organization's keys and default secret, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findIssued, issueKey, listKeys, revokeKey } from '../account/keys.ts'
import { onceForOperator } from '../account/operator.ts'
import { replaceDefaultSecret, showDefaultSecret } from '../account/secrets.ts'
import { hasOrg } from '../db/account/orgs.ts'
import { OPERATOR_SCOPE } from '../db/idempotency.ts'
import { notFound } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { ApiKeyId, idParams, OrgId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  IdempotencyHeader,
  json,
  optionalJson,
  problems,
  requiredJson,
  RotateBody,
  SigningSecret,
} from './http/schema.ts'
import {
  ApiKeySchema,
  AskedKey,
  KeyList,
  NewKey,
  presentApiKey,
  presentNewKey,
  toWantedKey,
} from './key-shape.ts'

const SecretSchema = z
  .object({ org_id: OrgId, signing_secret: SigningSecret })
  .openapi('DefaultSecret')

const OneOrg = idParams(OrgId, 'organization')

const KeyParams = OneOrg.extend({
  key_id: ApiKeyId.openapi({
    param: { name: 'key_id', in: 'path' },
    description: 'The API key’s id.',
  }),
})

const jsonOnly = [jsonBody(MAX_BODY_BYTES)]

const createKeyRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/api_keys',
  operationId: 'createOrganizationApiKey',
  summary: 'Create an API key, shown once',
  description:
    'The answer has the key, this once: only a digest of it is stored. The first test key makes the organization’s test side.',
  middleware: jsonOnly,
  request: { params: OneOrg, headers: IdempotencyHeader, body: requiredJson(AskedKey) },
  responses: {
    201: json('The key', NewKey),
    ...problems('api_key_limit_reached'),
  },
})

const listKeysRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/api_keys',
  operationId: 'listOrganizationApiKeys',
  summary: "List an organization's API keys",
  description: 'All of them, of both modes, those that were revoked or have expired, too.',
  request: { params: OneOrg },
  responses: {
    200: json('All of them', KeyList),
    ...problems(),
  },
})

const revokeKeyRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/api_keys/{key_id}/revoke',
  operationId: 'revokeOrganizationApiKey',
  summary: 'Revoke an API key, for good and at once',
  description: 'Its next request is refused, and whoever is signed in by it is signed out.',
  middleware: [noBody()],
  request: { params: KeyParams, headers: IdempotencyHeader },
  responses: { 200: json('The key', ApiKeySchema), ...problems() },
})

const getSecretRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/default_secret',
  operationId: 'getDefaultSecret',
  summary: 'The secret that signs inline deliveries',
  description: 'In full; the audit log has who has looked at it.',
  request: { params: OneOrg },
  responses: { 200: json('The secret', SecretSchema), ...problems() },
})

const rotateSecretRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/rotate_default_secret',
  operationId: 'rotateDefaultSecret',
  summary: 'Replace the default signing secret',
  description:
    'The one before stops signing at once, or after `overlap_seconds`, in which both sign.',
  middleware: jsonOnly,
  request: { params: OneOrg, headers: IdempotencyHeader, body: optionalJson(RotateBody) },
  responses: {
    200: json('The new secret', SecretSchema),
    ...problems('too_many_live_secrets'),
  },
})

/** The operator's routes about what an organization signs and is known by. */
export function adminRoutes(): Router {
  const app = createRouter()
  keyRoutes(app)
  secretRoutes(app)
  return app
}

function keyRoutes(app: Router): void {
  app.openapi(createKeyRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const once = await onceForOperator(c.get('world'), orgId, idempotency, async (kept) => {
      const issue = () => {
        const wanted = toWantedKey(c, c.req.valid('json'))
        const issuing = { pepper: c.env.API_KEY_PEPPER, idempotency: kept }
        return issueKey(c.get('world'), actorOf(c, orgId), wanted, issuing)
      }
      return (await findIssued(c.get('world'), kept)) ?? (await issue())
    })
    return c.json(presentNewKey(answerOnce(c, once)), 201)
  })
  app.openapi(listKeysRoute, async (c) => {
    const orgId = await existingOrg(c, c.req.valid('param').id)
    const rows = await listKeys(c.get('world'), orgId)
    return c.json({ data: rows.map(presentApiKey) }, 200)
  })
  app.openapi(revokeKeyRoute, async (c) => {
    const { id, key_id } = c.req.valid('param')
    const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
    const once = await onceForOperator(c.get('world'), id, idempotency, (kept) =>
      revokeKey(c.get('world'), actorOf(c, id), key_id, kept),
    )
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
    const once = await onceForOperator(c.get('world'), orgId, idempotency, (kept) => {
      const rotation = { overlapMs: overlap_seconds * 1000, idempotency: kept }
      return replaceDefaultSecret(c.get('world'), actorOf(c, orgId), rotation)
    })
    return c.json({ org_id: orgId, signing_secret: answerOnce(c, once) }, 200)
  })
}

async function existingOrg(c: Context<ApiEnv>, orgId: string): Promise<string> {
  if (!(await hasOrg(c.get('world').store.of(orgId), orgId))) throw notFound('organization')
  return orgId
}
