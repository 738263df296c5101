// The lease: how long the sweep leaves a delivery to whoever it was handed to.

/** How long a delivery that was handed to the queue is left alone by the sweep, in ms. */
export const LEASE_MS = 120_000

/** A lease doubles each time it lapses, up to this many ms. */
export const MAX_LEASE_MS = 15 * 60_000

/**
 * Times that a lease may lapse in a row before the delivery is given up: with the leases above, about
 * two days, as long as the automatic schedule. A dead consumer or a lost queue is over long before.
 */
export const MAX_LAPSES = 200
