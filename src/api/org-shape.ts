// Organizations as the operator's API has them.
import { z } from '@hono/zod-openapi'
import { Name, Reason } from '../account/schema.ts'
import type { Org, OrgChanges, OrgState } from '../db/account/orgs.ts'
import { OrgId } from './http/ids.ts'
import { Instant, presentInstant, REASON } from './http/schema.ts'
import { NAME } from './key-shape.ts'

/** Why something is stopped; the organizations that it holds are told. */
export const PauseReason = Reason.transform((reason) => reason || null)
  .nullable()
  .optional()
  .openapi({
    type: ['string', 'null'],
    ...REASON,
    description: 'Why, in your words: the dashboards of those whom it holds have them.',
    example: 'Its owner asked for it',
  })

const NAME_OF_ORG = { ...NAME, example: 'Acme' }

/** An organization. */
export const OrgSchema = z
  .object({ id: OrgId, name: z.string().openapi({ example: 'Acme' }), created_at: Instant })
  .openapi('Organization')

/** An organization, and what the operator has set of it. */
export const OrgDetail = OrgSchema.extend({
  sending: z.enum(['on', 'paused']).openapi('Sending', { example: 'on' }),
  paused_at: Instant.nullable().openapi({ example: null }),
  pause_reason: z.string().nullable().openapi({ example: null }),
}).openapi('OrganizationDetail')

/** What a new one is made of. */
export const NewOrg = z.strictObject({ name: Name.openapi(NAME_OF_ORG) }).openapi('NewOrganization')

/** What may be changed. */
export const OrgPatch = z
  .strictObject({
    name: Name.optional().openapi(NAME_OF_ORG),
    sending: z.enum(['on', 'paused'], 'must be "on" or "paused"').optional().openapi({
      description:
        'paused: events are accepted, and deliveries wait as those of a disabled endpoint do, without using up an attempt.',
      example: 'paused',
    }),
    reason: PauseReason,
  })
  .refine(({ sending, reason }) => reason == null || sending === 'paused', {
    path: ['reason'],
    message: 'stands beside "sending": "paused" alone: it says why',
  })
  .openapi('OrganizationChanges')

/** The changes as the store takes them. */
export function toOrgChanges({
  name,
  sending,
  reason = null,
}: z.infer<typeof OrgPatch>): OrgChanges {
  return { name, sending: sending && { isPaused: sending === 'paused', reason } }
}

/** An organization as it is listed. */
export function presentOrg({ id, name, createdAt }: Org): z.infer<typeof OrgSchema> {
  return { id, name, created_at: presentInstant(createdAt) }
}

/** An organization by itself. */
export function presentOrgDetail(org: OrgState): z.infer<typeof OrgDetail> {
  const { pausedAt, pauseReason } = org
  return {
    ...presentOrg(org),
    sending: pausedAt === null ? 'on' : 'paused',
    paused_at: presentInstant(pausedAt),
    pause_reason: pauseReason,
  }
}
