// An API key as both of its doors have it: asked for, answered.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { IssuedKey, WantedKey } from '../account/keys.ts'
import { expiryAfter, KeyMode, MAX_KEY_DAYS, MAX_NAME, Name } from '../account/schema.ts'
import { KeyScopes, readScopes, SCOPES } from '../account/scopes.ts'
import type { PublicApiKey } from '../db/account/api-keys.ts'
import { sideOf } from '../db/sides.ts'
import { invalidRequest } from '../errors.ts'
import type { ApiEnv } from './http/context.ts'
import { ApiKeyId, OrgId } from './http/ids.ts'
import { toIssues } from './http/problem.ts'
import { Instant, presentInstant } from './http/schema.ts'

const KeyScope = z.enum(SCOPES).openapi('KeyScope', {
  description:
    'send: events. read: to look. operate: to redeliver, replay, discard, enable, disable and test. ' +
    'manage: endpoints, secrets, keys, portal links and the audit log. None includes another.',
})

/** A key without what it opens with. */
export const ApiKeySchema = z
  .object({
    id: ApiKeyId,
    org_id: OrgId,
    name: z.string().openapi({ example: 'backend' }),
    public_id: z.string().openapi({
      description: 'The part of the key that logs may name.',
      example: '8fK2mQxZ',
    }),
    mode: z.enum(['live', 'test']).openapi('KeyMode', {
      description:
        'live: what it sends goes to the live endpoints. test: it has endpoints, secrets, events and deliveries of its own side, under an `org_id` of its own.',
      example: 'live',
    }),
    scopes: z.array(KeyScope).openapi({ description: 'What it lets do.', example: [...SCOPES] }),
    created_at: Instant,
    expires_at: Instant.nullable().openapi({ example: null }),
    revoked_at: Instant.nullable().openapi({ example: null }),
    last_used_at: Instant.nullable().openapi({ description: 'To the hour.' }),
  })
  .openapi('ApiKey')

/** All keys of an org. */
export const KeyList = z.object({ data: z.array(ApiKeySchema) }).openapi('ApiKeyList')

/** A key that was just made. */
export const NewKey = ApiKeySchema.extend({
  key: z.string().openapi({
    description: 'The key itself, shown this once.',
    example: 'sk_live_8fK2mQxZ…',
  }),
}).openapi('NewApiKey')

/** What no zod schema tells of a name. */
export const NAME = {
  minLength: 1,
  maxLength: MAX_NAME,
  pattern: String.raw`^[^\x00]*[^\x00\s][^\x00]*$`,
  description: 'Characters are counted as Unicode code points.',
}

/** A key as it is asked for; what is left out depends on who asks. */
export const AskedKey = z
  .strictObject({
    name: Name.openapi({ ...NAME, example: 'backend' }),
    mode: KeyMode.nullish().openapi({
      type: ['string', 'null'],
      enum: ['live', 'test', null],
      description:
        'live, or with a test key test, where nobody says. A test key shares nothing with the live side: nothing that is sent with it reaches a live endpoint.',
      example: 'test',
    }),
    scopes: KeyScopes.nullish().openapi({
      type: ['array', 'null'],
      items: { $ref: '#/components/schemas/KeyScope' },
      minItems: 1,
      description: 'What it lets do: all that whoever makes it may hand on, where nobody says.',
      example: ['send'],
    }),
    expires_at: Instant.nullish().openapi({
      description: `In the future, within ${MAX_KEY_DAYS} days, and not after the end of the key that makes it. Without it the key ends with that one, or not at all.`,
      example: null,
    }),
  })
  .openapi('AskedApiKey')

/** A key as it is asked for, its end judged by the clock. @throws AppError `invalid_request`. */
export function toWantedKey(c: Context<ApiEnv>, body: z.infer<typeof AskedKey>): WantedKey {
  const { name, mode, scopes, expires_at: expiresAt } = body
  return { name, mode: mode ?? null, scopes: scopes ?? null, expiresAt: readExpiry(c, expiresAt) }
}

/** An instant in Unix ms, null for never. @throws AppError `invalid_request`. */
function readExpiry(c: Context<ApiEnv>, text: string | null | undefined): number | null {
  const parsed = expiryAfter(c.get('world').now()).nullish().safeParse(text)
  if (parsed.success) return parsed.data ?? null
  const issues = toIssues(parsed.error, text)
  throw invalidRequest(issues.map(({ message }) => ({ path: 'expires_at', message })))
}

/** A key as it is answered. */
export function presentApiKey(key: PublicApiKey): z.infer<typeof ApiKeySchema> {
  return {
    id: key.id,
    org_id: key.orgId,
    name: key.name,
    public_id: key.publicId,
    mode: sideOf(key.orgId),
    scopes: readScopes(key.scopes),
    created_at: presentInstant(key.createdAt),
    expires_at: presentInstant(key.expiresAt),
    revoked_at: presentInstant(key.revokedAt),
    last_used_at: presentInstant(key.lastUsedAt),
  }
}

/** A key that was just made, as it is answered. */
export function presentNewKey({ stored, key }: IssuedKey): z.infer<typeof NewKey> {
  return { ...presentApiKey(stored), key }
}
