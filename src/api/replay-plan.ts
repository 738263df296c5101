// The plan of a replay as JSON.
import { z } from '@hono/zod-openapi'
import { WARNINGS, type ReplayPlan } from '../delivery/replay/dry-run.ts'
import { EndpointId } from './http/ids.ts'
import { AnyEventType, count, Instant, presentInstant } from './http/schema.ts'

const Warning = z
  .object({
    code: z.enum(WARNINGS).openapi('ReplayWarningCode', { example: 'url_changed' }),
    endpoint_id: EndpointId,
    count: count('Deliveries that it is about.', 12_480),
    message: z.string().openapi({
      example: 'They go to the URL they were made with; the endpoint has another one now.',
    }),
  })
  .openapi('ReplayWarning')

/** What a dry run answers. */
export const PlanSchema = z
  .object({
    dry_run: z.literal(true),
    total: count('How many match.', 12_480),
    total_is_exact: z.boolean().openapi({
      description: 'False: at least so many match.',
      example: true,
    }),
    itemized: count(
      'Of how many the counts below are: of all, or of the first ones where the total is not exact.',
      12_480,
    ),
    missing: count('Of all: deliveries to be made, of events that their endpoints have missed.'),
    by_status: z
      .object({ pending: z.int(), delivered: z.int(), exhausted: z.int() })
      .openapi('CountsByStatus', { example: { pending: 0, delivered: 0, exhausted: 12_480 } }),
    by_endpoint: z.array(
      z
        .object({ endpoint_id: EndpointId.nullable(), count: count('How many.', 12_480) })
        .openapi('EndpointCount'),
    ),
    by_event_type: z.array(
      z
        .object({ event_type: AnyEventType, count: count('How many.', 12_480) })
        .openapi('EventTypeCount'),
    ),
    already_delivered: count('A consumer has taken them once.', 12),
    warnings: z.array(Warning),
    oldest_at: Instant.nullable().openapi({ example: '2026-04-15T14:00:01Z' }),
    newest_at: Instant.nullable(),
    bytes: count('Of all bodies together.', 14_102_400),
    bytes_are_exact: z.boolean().openapi({ description: 'False: estimated from a sample.' }),
    seconds: count('How long it takes at this rate, at least.', 624),
  })
  .openapi('ReplayPlan')

/** The plan as it is answered. */
export function presentPlan(plan: ReplayPlan): z.input<typeof PlanSchema> {
  return {
    dry_run: true,
    total: plan.total,
    total_is_exact: plan.totalIsExact,
    itemized: plan.itemized,
    missing: plan.missing,
    by_status: plan.byStatus,
    by_endpoint: plan.byEndpoint.map(({ endpointId, count: many }) => ({
      endpoint_id: endpointId,
      count: many,
    })),
    by_event_type: plan.byEventType.map(({ type, count: many }) => ({
      // It passed the schema on its way in.
      event_type: type as z.infer<typeof AnyEventType>,
      count: many,
    })),
    already_delivered: plan.alreadyDelivered,
    warnings: plan.warnings.map(({ endpointId, ...warning }) => ({
      ...warning,
      endpoint_id: endpointId,
    })),
    oldest_at: presentInstant(plan.oldestAt),
    newest_at: presentInstant(plan.newestAt),
    bytes: plan.bytes,
    bytes_are_exact: plan.bytesAreExact,
    seconds: plan.seconds,
  }
}
