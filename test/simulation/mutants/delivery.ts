// Bugs in how deliveries are accepted, queued, consumed, swept and asked for again.
import { bend, without, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const DELIVERY: Mutant[] = [
  without('the lease', 'A3', [
    'delivery/lease.ts',
    'export const LEASE_MS = 120_000',
    'export const LEASE_MS = 0',
  ]),
  without('the sweep', 'D2', [
    'delivery/sweep.ts',
    'const MAX_ROUNDS = 20',
    'const MAX_ROUNDS = 0',
  ]),
  bend('retries may be early', 'A5', [
    'delivery/triage.ts',
    'const EARLY_TOLERANCE_MS = 1000',
    'const EARLY_TOLERANCE_MS = 1_000_000',
  ]),
  bend('a redelivery is refused after it was made', 'S3', [
    'delivery/redeliver.ts',
    'if (isMade) return delivery',
    '',
  ]),
  bend('disabled endpoints are sent to', 'C5', [
    'delivery/triage.ts',
    "delivery.endpointStatus === 'disabled'",
    "delivery.endpointStatus === 'switched off'",
  ]),
]
