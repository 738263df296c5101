// /v1/api_keys: an org's own keys, for whoever manages it.
import { createRoute } from '@hono/zod-openapi'
import { findIssued, issueKey, listKeys, revokeKey, withinGrant } from '../account/keys.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody } from './http/body.ts'
import { answerOnce, readOwnIdempotency } from './http/idempotency.ts'
import { ApiKeyId, idParams } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { IdempotencyHeader, json, problems, requiredJson } from './http/schema.ts'
import {
  AskedKey,
  KeyList,
  NewKey,
  presentApiKey,
  presentNewKey,
  toWantedKey,
} from './key-shape.ts'

const path = '/v1/api_keys'

const createKeyRoute = createRoute({
  method: 'post',
  path,
  operationId: 'createApiKey',
  summary: 'Create an API key, shown once',
  description:
    'The answer has the key, this once: only a digest of it is stored. No key makes one of more scope or longer life than its own, and no test key a live one.',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { headers: IdempotencyHeader, body: requiredJson(AskedKey) },
  responses: { 201: json('The key', NewKey), ...problems('api_key_limit_reached') },
})

const listKeysRoute = createRoute({
  method: 'get',
  path,
  operationId: 'listApiKeys',
  summary: 'List API keys',
  description:
    'All of them, oldest first, those that were revoked or have expired, too. A live key sees those of both modes, a test key test keys.',
  responses: { 200: json('All of them', KeyList), ...problems() },
})

const deleteKeyRoute = createRoute({
  method: 'delete',
  path: `${path}/{id}`,
  operationId: 'deleteApiKey',
  summary: 'Revoke an API key, for good and at once',
  description:
    'Its next request is refused, and whoever is signed in by it is signed out. It stays in the list, as revoked.',
  middleware: [noBody()],
  request: { params: idParams(ApiKeyId, 'API key') },
  responses: { 204: { description: 'It is revoked.' }, ...problems() },
})

/** The routes of an org's own keys. */
export function apiKeyRoutes(): Router {
  const app = createRouter()
  app.openapi(createKeyRoute, async (c) => {
    const world = c.get('world')
    // What another key was answered may open more than this one does.
    const idempotency = await readOwnIdempotency(c)
    const issue = () => {
      const wanted = withinGrant(toWantedKey(c, c.req.valid('json')), c.get('grant'))
      return issueKey(world, actorOf(c), wanted, { pepper: c.env.API_KEY_PEPPER, idempotency })
    }
    const once = (await findIssued(world, idempotency)) ?? (await issue())
    return c.json(presentNewKey(answerOnce(c, once)), 201)
  })
  app.openapi(listKeysRoute, async (c) => {
    const rows = await listKeys(c.get('world'), c.get('orgId'))
    return c.json({ data: rows.map(presentApiKey) }, 200)
  })
  app.openapi(deleteKeyRoute, async (c) => {
    await revokeKey(c.get('world'), actorOf(c), c.req.valid('param').id)
    return c.body(null, 204)
  })
  return app
}
