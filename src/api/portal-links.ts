// /v1/portal_links: a way into the dashboard for somebody who has no API key.
import { createRoute, z } from '@hono/zod-openapi'
import {
  LINK_S,
  LinkSeconds,
  makePortalLink,
  SessionSeconds,
  type MadeLink,
} from '../account/portal-links.ts'
import { PortalScopes, refuseBeyond } from '../account/scopes.ts'
import { SESSION_S } from '../account/sessions.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES } from './http/body.ts'
import { answerOnce, readOwnIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import { Id } from './http/ids.ts'
import {
  IdempotencyHeader,
  Instant,
  json,
  optionalJson,
  presentInstant,
  problems,
} from './http/schema.ts'

const PortalScope = z.enum(['read', 'operate']).openapi('PortalScope')

/** What no zod schema tells of them: to look is always part of it. */
const SCOPES_FORM = {
  items: { $ref: '#/components/schemas/PortalScope' },
  contains: { const: 'read' },
}

const LinkBody = z
  .strictObject({
    scopes: PortalScopes.nullish().openapi({
      ...SCOPES_FORM,
      type: ['array', 'null'],
      default: ['read'],
      description:
        'read: to look. operate: to redeliver, replay, enable and test as well. Neither manages ' +
        'endpoints, shows a secret or a key, or has to do with the settings.',
    }),
    expires_in_seconds: LinkSeconds.nullish().openapi({
      default: LINK_S,
      description: 'How long the link can be used.',
    }),
    session_seconds: SessionSeconds.nullish().openapi({
      default: SESSION_S,
      description: 'How long whoever has used it stays signed in.',
    }),
  })
  .openapi('NewPortalLink')

const LinkSchema = z
  .object({
    id: Id.openapi({ example: '019a2f6e-9e60-7d4e-9a53-2b8f6c0d9f66' }),
    url: z.string().openapi({
      description: 'Signs whoever opens it in, once, when they press its button.',
      example: 'https://api.example.com/dashboard/portal/019a2f6e…',
    }),
    scopes: z.array(PortalScope),
    expires_at: Instant,
  })
  .openapi('PortalLink')

const createLinkRoute = createRoute({
  method: 'post',
  path: '/v1/portal_links',
  operationId: 'createPortalLink',
  summary: 'Make a link to the dashboard for somebody without an API key',
  description:
    'It is good for one use. It takes no body; with one it says what the link lets them do, and for how long.',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { headers: IdempotencyHeader, body: optionalJson(LinkBody) },
  responses: { 201: json('The link, shown this once', LinkSchema), ...problems() },
})

/** The route of portal links. */
export function portalLinkRoutes(): Router {
  const app = createRouter()
  app.openapi(createLinkRoute, async (c) => {
    const {
      scopes: asked,
      expires_in_seconds: linkS,
      session_seconds: sessionS,
    } = c.req.valid('json')
    const scopes = asked ?? ['read' as const]
    refuseBeyond(c.get('grant').scopes, scopes)
    const wanted = {
      scopes,
      linkS: linkS ?? LINK_S,
      sessionS: sessionS ?? SESSION_S,
      keyId: c.get('keyId'),
    }
    const pepper = c.env.API_KEY_PEPPER
    const making = { pepper, idempotency: await readOwnIdempotency(c) }
    const once = await makePortalLink(c.get('world'), actorOf(c), wanted, making)
    return c.json(presentLink(answerOnce(c, once), new URL(c.req.url).origin), 201)
  })
  return app
}

function presentLink({ id, scopes, expiresAt, token }: MadeLink, origin: string) {
  const url = `${origin}/dashboard/portal/${token}`
  // They passed the schema on their way in.
  const asked = scopes as z.infer<typeof PortalScope>[]
  return { id, url, scopes: asked, expires_at: presentInstant(expiresAt) }
}
