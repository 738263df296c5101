// Organizations as the operator's API has them.
import { z } from '@hono/zod-openapi'
import { ClientCertificate, Name, Reason } from '../account/schema.ts'
import { CERTIFICATE as CERTIFICATE_NAME } from '../webhook/client-certificates.ts'
import type { Org, OrgChanges, OrgState } from '../db/account/orgs.ts'
import { readUses } from '../db/account/quotas.ts'
import { idOfSide, sideOf } from '../db/sides.ts'
import { hintOf, QUOTAS, type QuotaName } from '../quotas.ts'
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

const QuotaSchema = z
  .object({
    limit: z.int().openapi({ description: 'What it may have at most.', example: 100 }),
    is_default: z.boolean().openapi({
      description: 'Whether it is what an organization has by default.',
      example: true,
    }),
    used: z.int().nullable().openapi({
      description:
        'What it has, as far as that is counted by now; null where it is not kept. Pending deliveries are counted as far as 1,000, unless there are too many.',
      example: 3,
    }),
  })
  .openapi('Quota')

const QuotasSchema = z
  .object({
    events_per_minute: QuotaSchema,
    events_per_day: QuotaSchema,
    stored_bytes: QuotaSchema,
    keys: QuotaSchema,
    endpoints_per_day: QuotaSchema,
    pending_deliveries: QuotaSchema,
  } satisfies Record<QuotaName, typeof QuotaSchema>)
  .openapi('Quotas')

/** A client certificate by its name, in answers and bodies. */
export const CERTIFICATE = {
  type: ['string', 'null'] as ['string', 'null'],
  pattern: CERTIFICATE_NAME.source,
  example: 'acme',
}

/** An organization, and what the operator has set of it. */
export const OrgDetail = OrgSchema.extend({
  sending: z.enum(['on', 'paused']).openapi('Sending', { example: 'on' }),
  paused_at: Instant.nullable().openapi({ example: null }),
  pause_reason: z.string().nullable().openapi({ example: null }),
  client_certificate: z
    .string()
    .nullable()
    .openapi({
      ...CERTIFICATE,
      description: 'The client certificate that its new endpoints begin with; null: none.',
    }),
  quotas: QuotasSchema,
  mode: z.enum(['live', 'test']).openapi('OrganizationMode', {
    description: '`test`: it is the test side of the organization `live_org_id`.',
    example: 'live',
  }),
  live_org_id: OrgId.nullable().openapi({
    description: 'Of a test side: whose it is; null of the organization itself.',
    example: null,
  }),
  test_org_id: OrgId.nullable().openapi({
    description:
      'Where its test data is; null until it has had a test key. It may stand in the place of an `{id}` here, but to be renamed, stopped, given a client certificate, moved or deleted: it goes along with the organization.',
    example: '019a2f6e-0a10-8d4e-9a53-2b8f6c0d4a11',
  }),
}).openapi('OrganizationDetail')

/** What a new one is made of. */
export const NewOrg = z.strictObject({ name: Name.openapi(NAME_OF_ORG) }).openapi('NewOrganization')

function figure(quota: QuotaName) {
  const { least, most, usual, what } = QUOTAS[quota]
  const hint = hintOf(quota)
  return z
    .int(hint)
    .min(least, hint)
    .max(most, hint)
    .nullable()
    .optional()
    .openapi({
      description: `How many ${what} it may have; null is the usual ${usual.toLocaleString('en')}.`,
      example: usual,
    })
}

const NewQuotas = z
  .strictObject({
    events_per_minute: figure('events_per_minute'),
    events_per_day: figure('events_per_day'),
    stored_bytes: figure('stored_bytes'),
    keys: figure('keys'),
    endpoints_per_day: figure('endpoints_per_day'),
    pending_deliveries: figure('pending_deliveries'),
  } satisfies Record<QuotaName, unknown>)
  .openapi('QuotaChanges', { description: 'What is not given stays.' })

/** What may be changed. */
export const OrgPatch = z
  .strictObject({
    name: Name.optional().openapi(NAME_OF_ORG),
    sending: z.enum(['on', 'paused'], 'must be "on" or "paused"').optional().openapi({
      description:
        'paused: events are accepted, and deliveries wait as those of a disabled endpoint do, without using up an attempt; those of the test side, too.',
      example: 'paused',
    }),
    reason: PauseReason,
    client_certificate: ClientCertificate.optional().openapi({
      ...CERTIFICATE,
      example: null,
      description:
        'The client certificate that receivers are shown, of all endpoints that it has and those to come, its test side’s included; null: none. One that the operator has bound, by its name.',
    }),
    quotas: NewQuotas.optional(),
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
  quotas,
  client_certificate: clientCertificate,
}: z.infer<typeof OrgPatch>): OrgChanges {
  const stop = sending && { isPaused: sending === 'paused', reason }
  return { name, sending: stop, quotas, clientCertificate }
}

/** An organization as it is listed. */
export function presentOrg({ id, name, createdAt }: Org): z.infer<typeof OrgSchema> {
  return { id, name, created_at: presentInstant(createdAt) }
}

/** An organization by itself. */
export function presentOrgDetail(org: OrgState): z.infer<typeof OrgDetail> {
  const { pausedAt, pauseReason, twinId } = org
  const mode = sideOf(org.id)
  return {
    ...presentOrg(org),
    sending: pausedAt === null ? 'on' : 'paused',
    paused_at: presentInstant(pausedAt),
    pause_reason: pauseReason,
    client_certificate: org.clientCertificate,
    quotas: presentQuotas(org),
    mode,
    live_org_id: mode === 'test' ? idOfSide(org.id, 'live') : null,
    test_org_id: twinId,
  }
}

function presentQuotas(org: OrgState): z.infer<typeof QuotasSchema> {
  const uses = readUses(org).map(({ quota, most, isOwn, used }) => [
    quota,
    { limit: most, is_default: !isOwn, used },
  ])
  // It has each quota of their table.
  return Object.fromEntries(uses) as z.infer<typeof QuotasSchema>
}
