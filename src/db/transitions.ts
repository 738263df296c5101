// Transitions: what a statement that moves deliveries or endpoints says of those that it has moved.
import { sql, type SQL } from 'drizzle-orm'

/**
 * What has become of a delivery, from what and by what. `parked` is pending, too: held, paced or offered, as its
 * endpoint is, which the sweep's own statement cannot tell; and what is parked when its endpoint is disabled
 * or enabled changes from one to the other without a word. A redelivery does not tell from what.
 */
export type DeliveryChange =
  | { from: 'pending'; to: 'delivered'; cause: 'attempt' }
  | {
      from: 'pending'
      to: 'exhausted'
      cause: 'attempt' | 'deletion' | 'discard' | 'forget' | 'given_up'
    }
  | { from: 'pending'; to: 'parked'; cause: 'not_sent_to' | 'sweep' }
  | { from: 'parked'; to: 'pending'; cause: 'attempt' | 'sweep' | 'listener' }
  | { from: 'any'; to: 'pending'; cause: 'redelivery' }

/**
 * What has become of an endpoint, or of its health, which it has beside. `recovering` is one with a pace,
 * however its last attempt went. Enabling begins a recovery, which is not told once more, and what a stop holds one that is not told; the recovery of a
 * disabled endpoint ends unsaid.
 */
export type EndpointChange =
  | { from: 'enabled'; to: 'disabled'; cause: 'too_many_failures' | 'request' }
  | { from: 'disabled'; to: 'enabled'; cause: 'request' }
  | { from: 'enabled' | 'disabled'; to: 'deleted'; cause: 'request' }
  | { from: 'well'; to: 'unwell'; cause: 'attempt' }
  | { from: 'unwell'; to: 'well'; cause: 'attempt' }
  | { from: 'unwell'; to: 'recovering'; cause: 'attempt' | 'sweep' }
  | { from: 'recovering'; to: 'well' | 'unwell'; cause: 'sweep' }

/** A change of one delivery. */
export type DeliveryTransition = { orgId: string; deliveryId: string } & DeliveryChange

/** A change of one endpoint. */
export type EndpointTransition = { orgId: string; endpointId: string } & EndpointChange

/**
 * Something that has happened. They are told by RETURNING, which writes and reads no row: so a transaction
 * that is repeated because its answer was lost tells nothing, and one instant (a millisecond) in which two
 * batches disable an endpoint, or find it unwell, may tell it twice. They are for whoever may miss one; what
 * must not belongs into the transaction.
 */
export type Transition = DeliveryTransition | EndpointTransition

/** A row of `deliveries` or `endpoints` that a statement has moved. */
export type Moved = { orgId: string; id: string }

/** SQL: the end of a statement that answers the rows it has moved. */
export const RETURNING_MOVED: SQL = sql`RETURNING org_id AS "orgId", id`

/** The same change of each delivery. */
export function ofDeliveries(moved: Moved[], change: DeliveryChange): DeliveryTransition[] {
  return moved.map(({ orgId, id }) => ({ orgId, deliveryId: id, ...change }))
}

/** The same change of each endpoint. */
export function ofEndpoints(moved: Moved[], change: EndpointChange): EndpointTransition[] {
  return moved.map(({ orgId, id }) => ({ orgId, endpointId: id, ...change }))
}
