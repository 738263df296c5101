// A replay as JSON: as it is asked for, as it is answered.
import { z } from '@hono/zod-openapi'
import { RatePerSecond, Reason, REPLAY_RATE } from '../account/schema.ts'
import { REPLAY_STATUSES, SKIP_CAUSES, type Replay } from '../db/replays/words.ts'
import type { RangeFilter } from '../db/walk.ts'
import { STATUSES } from '../db/words.ts'
import type { ReplayRequest } from '../delivery/replay/start.ts'
import { invalidRequest } from '../errors.ts'
import { ALL_TYPES, OPERATIONAL } from '../webhook/event-types.ts'
import { CallId, DeliveryId, EndpointId, OrgId, ReplayId } from './http/ids.ts'
import { AskedInstant } from './http/instant.ts'
import {
  AnyEventType,
  count,
  DeliveryStatus,
  EventKind,
  Instant,
  presentInstant,
  REASON,
  Recipient,
  TargetUrl,
  toCall,
  Url,
} from './http/schema.ts'

/** One of these, or a list of some, which has a name: generated clients make a type of it. */
function oneOrMore<Schema extends z.ZodType>(schema: Schema, all: readonly string[], name: string) {
  const error = `must be one of ${all.join(', ')}, or a list of some of these`
  return z.union([schema, z.array(schema).min(1, error).openapi(name)], { error })
}

/** Which deliveries a replay, or a discard, is of. */
export const FilterBody = z.strictObject({
  endpoint_id: EndpointId.nullish(),
  status: oneOrMore(DeliveryStatus, STATUSES, 'DeliveryStatuses').nullish(),
  event_type: oneOrMore(AnyEventType, ALL_TYPES, 'EventTypes').nullish(),
  kind: EventKind.nullish(),
  call_id: CallId.nullish(),
  created_after: AskedInstant.nullish().openapi({ description: 'Created then or later.' }),
  created_before: AskedInstant.nullish().openapi({ description: 'Created before then.' }),
})

/** What a new replay is made of; null is the same as absent. */
export const StartBody = z
  .strictObject({
    filter: FilterBody.openapi('NewReplayFilter', {
      example: { status: ['exhausted'] },
      description: 'Which deliveries; all that is given must match, and {} is all there are.',
    }),
    missing: z.boolean('must be true or false').nullish().openapi({
      description:
        'Also make deliveries of stored events that an enabled endpoint takes now, and of which it has none.',
    }),
    rate_per_second: RatePerSecond.nullish().openapi({ default: REPLAY_RATE.usual }),
    dry_run: z.boolean('must be true or false').nullish().openapi({
      description: 'True: the plan is answered, and nothing is stored.',
    }),
    reason: Reason.nullish().openapi(REASON),
    url: TargetUrl.nullish().openapi({
      description:
        'Copies go there, signed anew, and the deliveries stay as they are. It takes a key with the scope `manage` besides.',
    }),
    to: Recipient.openapi({
      description:
        'The URL that each delivery was made with, which is the default, or its endpoint’s.',
    }).nullish(),
  })
  .openapi('NewReplay', {
    example: {
      filter: { status: ['exhausted'], created_after: '2026-04-15T14:00:00Z' },
      rate_per_second: 20,
      reason: 'The outage of Monday',
    },
  })

/** What may be changed of a replay that is not over. */
export const RateBody = z
  .strictObject({ rate_per_second: RatePerSecond.openapi({ example: 50 }) })
  .openapi('ReplayChanges')

const FilterSchema = z
  .object({
    endpoint_id: EndpointId.optional(),
    delivery_id: DeliveryId.optional().openapi({ description: 'Of a redelivery to another URL.' }),
    status: z.array(DeliveryStatus).optional(),
    event_type: z.array(AnyEventType).optional(),
    kind: EventKind.optional(),
    call_id: CallId.optional(),
    created_after: Instant.optional(),
    created_before: Instant.optional(),
  })
  .openapi('ReplayFilter', {
    example: { status: ['exhausted'], created_after: '2026-04-15T14:00:00Z' },
  })

const Skipped = z
  .object(Object.fromEntries(SKIP_CAUSES.map((cause) => [cause, z.int().optional()])))
  .openapi('ReplaySkipped', { description: 'Passed over, by cause.', example: { changed: 1 } })

/** A replay as every answer has it. */
export const ReplaySchema = z
  .object({
    id: ReplayId,
    org_id: OrgId,
    status: z.enum(REPLAY_STATUSES).openapi('ReplayStatus'),
    filter: FilterSchema,
    missing: z.boolean().openapi({ description: 'Whether it makes what endpoints have missed.' }),
    to: Recipient,
    url: Url.nullable().openapi({ description: 'Where its copies go.', example: null }),
    rate_per_second: count('Its pace, over all endpoints together.', 20),
    total: count('How many matched at the start.', 12_480),
    total_is_exact: z.boolean().openapi({
      description: 'False: at least so many matched.',
      example: true,
    }),
    replayed: count('Sent so far.', 400),
    delivered: count('Of those: taken.', 388),
    failed: count('Of those: not taken.', 2),
    skipped: Skipped,
    held_endpoints: z.array(EndpointId).openapi({
      description:
        'The first ten deliveries to them all failed: none follows, until it is resumed.',
      example: [],
    }),
    remaining: count('What is yet to be sent; as exact as the total.', 12_079),
    eta: Instant.nullable().openapi({
      description: 'When it is through, while it runs.',
      example: '2026-04-15T14:41:14Z',
    }),
    created_by: z.string().openapi({
      description: 'As the audit log names who asked for it.',
      example: '8fK2mQxZ',
    }),
    reason: z.string().nullable().openapi({ example: 'The outage of Monday' }),
    created_at: Instant,
    updated_at: Instant.openapi({ example: '2026-04-15T14:31:10Z' }),
    ended_at: Instant.nullable().openapi({ example: null }),
    fault: z.string().nullable().openapi({
      description: 'Why it failed, which is a fault of ours.',
      example: null,
    }),
  })
  .openapi('Replay')

/** What is asked of a new replay, with its defaults. @throws AppError `invalid_request`. */
export function toRequest(body: z.infer<typeof StartBody>): ReplayRequest {
  refuseWhatContradicts(body)
  return {
    filter: toRangeFilter(body.filter),
    hasMissing: body.missing ?? false,
    ratePerSecond: body.rate_per_second ?? REPLAY_RATE.usual,
    recipient: body.to ?? 'original',
    copiesTo: body.url ?? null,
    reason: body.reason || null,
  }
}

const NONE_MISSED =
  'does not go with a kind: nobody misses what is about the service itself; leave one of them out'

/** Copies are of what is there, and of one URL; what an endpoint has missed is about calls. */
function refuseWhatContradicts({ missing, url, to, filter }: z.infer<typeof StartBody>): void {
  if (missing && filter.kind) throw invalidRequest([{ path: 'missing', message: NONE_MISSED }])
  const message = 'does not go with a url: leave one of them out'
  const others = typeof url === 'string' ? { missing, to: to === 'current' } : {}
  const asked = Object.entries(others).filter(([, isAsked]) => isAsked)
  if (asked.length > 0) throw invalidRequest(asked.map(([path]) => ({ path, message })))
}

/** A filter as the store takes it. @throws AppError `invalid_request` when its time ends before it begins. */
export function toRangeFilter(body: z.infer<typeof FilterBody>): RangeFilter {
  const createdFrom = body.created_after ?? undefined
  const createdBefore = body.created_before ?? undefined
  if (createdFrom !== undefined && createdBefore !== undefined && createdFrom > createdBefore) {
    const message = 'must not be before created_after'
    throw invalidRequest([{ path: 'filter.created_before', message }])
  }
  return {
    endpointId: body.endpoint_id ?? undefined,
    statuses: toList(body.status),
    eventTypes: toList(body.event_type),
    callId: toCall(body, 'filter.call_id'),
    createdFrom,
    createdBefore,
  }
}

function toList<Item>(given: Item | Item[] | null | undefined): Item[] | undefined {
  if (given === null || given === undefined) return undefined
  return Array.isArray(given) ? [...new Set(given)] : [given]
}

/** The replay as it is answered. */
export function presentReplay(replay: Replay): z.infer<typeof ReplaySchema> {
  return {
    id: replay.id,
    org_id: replay.orgId,
    status: replay.status,
    filter: presentFilter(replay.filter),
    missing: replay.hasMissing,
    to: replay.recipient,
    url: replay.copiesTo,
    rate_per_second: replay.ratePerSecond,
    total: replay.total,
    total_is_exact: replay.totalIsExact,
    replayed: replay.replayed,
    delivered: replay.delivered,
    failed: replay.failed,
    skipped: replay.skipped,
    held_endpoints: replay.heldEndpoints,
    remaining: replay.remaining,
    eta: presentInstant(replay.etaAt),
    created_by: replay.createdBy,
    reason: replay.reason,
    created_at: presentInstant(replay.createdAt),
    updated_at: presentInstant(replay.updatedAt),
    ended_at: presentInstant(replay.endedAt),
    fault: replay.fault,
  }
}

function presentFilter(filter: Replay['filter']): z.infer<typeof FilterSchema> {
  const { createdFrom, createdBefore } = filter
  return {
    ...(filter.endpointId !== undefined && { endpoint_id: filter.endpointId }),
    ...(filter.deliveryId !== undefined && { delivery_id: filter.deliveryId }),
    ...(filter.statuses && { status: [...filter.statuses] }),
    // They passed the schema on their way in.
    ...(filter.eventTypes && {
      event_type: [...filter.eventTypes] as z.infer<typeof AnyEventType>[],
    }),
    ...presentCall(filter),
    ...(createdFrom !== undefined && { created_after: presentExactly(createdFrom) }),
    ...(createdBefore !== undefined && { created_before: presentExactly(createdBefore) }),
  }
}

function presentCall({ callId }: Replay['filter']): {
  kind?: typeof OPERATIONAL
  call_id?: string
} {
  if (callId === undefined) return {}
  return callId === OPERATIONAL ? { kind: OPERATIONAL } : { call_id: callId }
}

/** With its milliseconds, if it has any: what is answered is what was asked. */
function presentExactly(at: number): string {
  const ms = ((at % 1000) + 1000) % 1000
  const seconds = presentInstant(at)
  return ms === 0 ? seconds : seconds.replace('Z', `.${String(ms).padStart(3, '0')}Z`)
}
