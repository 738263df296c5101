// The order of an endpoint as JSON: two members, of one column.
import { z } from '@hono/zod-openapi'
import type { AskedChanges } from '../account/headers.ts'
import { ORDERING_WAIT, OrderingMaxWait } from '../account/schema.ts'
import type { Endpoint } from '../db/account/endpoints.ts'
import { invalidRequest, type Issue } from '../errors.ts'

const Ordering = z.enum(['call'], 'must be "call", or null for none').openapi('EndpointOrdering', {
  description:
    '`call`: of one call a delivery is first sent only once the one that was accepted before it was delivered, is exhausted, or was ended; calls do not wait for each other. It holds for what is accepted from then on. A redelivery waits for nobody.',
})

const MAX_WAIT = {
  example: 600,
  description: `For how many seconds a delivery waits at most for the one before it of its call, whatever comes of that: from ${ORDERING_WAIT.least} to ${ORDERING_WAIT.most}, ${ORDERING_WAIT.usual} by itself. It goes with \`ordering\` alone; null: nothing waits. What waits already keeps the time that it was given when it was accepted.`,
}

/** The members as they are answered. */
export const Order = z.object({
  ordering: Ordering.nullable().openapi({ example: null }),
  ordering_max_wait_seconds: z
    .int()
    .nullable()
    .openapi({ ...MAX_WAIT, example: null }),
})

/** The same as they are asked for. */
export const AskedOrder = z.object({
  ordering: Ordering.nullish(),
  ordering_max_wait_seconds: OrderingMaxWait.nullish().openapi(MAX_WAIT),
})

type AskedOrder = z.infer<typeof AskedOrder>

const WITHOUT_ORDER: Issue = {
  path: 'ordering_max_wait_seconds',
  message: 'goes with ordering "call" alone: give that, too, or leave this out',
}

/**
 * What a create asks for, in seconds; null: no order.
 * @throws AppError `invalid_request` naming `ordering_max_wait_seconds`.
 */
export function toMaxWait(asked: AskedOrder): number | null {
  return toOrder(asked, null).orderingMaxWait ?? null
}

/**
 * What a PATCH makes of an endpoint's order, which is this at present, in seconds. One member alone leaves the other as it is: what it
 * comes to holds only while that other one does.
 * @throws AppError `invalid_request` naming `ordering_max_wait_seconds`.
 */
export function toOrder(
  { ordering, ordering_max_wait_seconds: maxWait }: AskedOrder,
  present: number | null,
): Pick<AskedChanges, 'orderingMaxWait' | 'isOrdered'> {
  const isOrdered = present !== null
  const isWanted = ordering === undefined ? isOrdered : ordering !== null
  if (!isWanted && (maxWait ?? null) !== null) throw invalidRequest([WITHOUT_ORDER])
  if (ordering === null) return { orderingMaxWait: null }
  const orderingMaxWait = maxWait ?? ORDERING_WAIT.usual
  if (ordering && maxWait !== undefined) return { orderingMaxWait }
  // `call` for one that has an order asks for nothing, nor does a wait of null for one that has none.
  const isAnother = isOrdered ? maxWait !== undefined : ordering !== undefined
  return isAnother ? { orderingMaxWait, isOrdered } : {}
}

/** In seconds; null: none. What the sweep lets go of one that has none any more is nobody's business. */
export function orderOf({ orderingMaxWait }: Pick<Endpoint, 'orderingMaxWait'>): number | null {
  return orderingMaxWait === 0 ? null : orderingMaxWait
}

/** The members of an endpoint. */
export function presentOrder(endpoint: Endpoint): z.infer<typeof Order> {
  const maxWait = orderOf(endpoint)
  return { ordering: maxWait === null ? null : 'call', ordering_max_wait_seconds: maxWait }
}
