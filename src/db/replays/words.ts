// The words that queries about replays share, and what a replay is to whoever looks at it.
import { z } from 'zod'
import { readStored } from '../stored-json.ts'
import type { RangeFilter } from '../walk.ts'
import { STATUSES } from '../words.ts'

/** What a replay can be; the last three are for good. */
export const REPLAY_STATUSES = ['running', 'paused', 'completed', 'canceled', 'failed'] as const

/** One of REPLAY_STATUSES. */
export type ReplayStatus = (typeof REPLAY_STATUSES)[number]

/**
 * Why a delivery that matched is not sent: it has changed since the start, its endpoint is disabled or
 * deleted, it was redelivered as often as it can be, its payload was deleted, or of an event that was missed: its endpoint's
 * filter does not let it through.
 */
export const SKIP_CAUSES = [
  'changed',
  'endpoint_disabled',
  'endpoint_deleted',
  'limit_reached',
  'payload_deleted',
  'filtered',
] as const

/** One of SKIP_CAUSES. */
export type SkipCause = (typeof SKIP_CAUSES)[number]

/** The first deliveries to an endpoint, whose outcome decides whether more follow. */
export const CANARY = 10

const StoredFilter = z.object({
  endpointId: z.string().optional(),
  statuses: z.array(z.enum(STATUSES)).optional(),
  eventTypes: z.array(z.string()).optional(),
  callId: z.string().optional(),
  createdFrom: z.number().optional(),
  createdBefore: z.number().optional(),
  deliveryId: z.string().optional(),
})

/** What a replay is of: a range, or one delivery, of which it sends a copy when it is started, and is over. */
export type ReplayFilter = RangeFilter & { deliveryId?: string | undefined }

/** A filter as it is stored, or undefined when it does not read. */
export function readFilter(stored: string): ReplayFilter | undefined {
  return readStored<ReplayFilter | undefined>(stored, StoredFilter, undefined)
}

/**
 * A replay. `total` is how many matched at its start, at least so many unless `totalIsExact`; `replayed` of
 * them were sent, and `delivered` and `failed` are what came of those. `heldEndpoints` are those whose
 * canary failed. `remaining` and `etaAt`, when it is through, are as good as `total`.
 */
export type Replay = {
  orgId: string
  id: string
  status: ReplayStatus
  filter: ReplayFilter
  hasMissing: boolean
  recipient: 'original' | 'current'
  copiesTo: string | null
  ratePerSecond: number
  reason: string | null
  createdBy: string
  createdAt: number
  updatedAt: number
  endedAt: number | null
  fault: string | null
  total: number
  totalIsExact: boolean
  replayed: number
  delivered: number
  failed: number
  skipped: Partial<Record<SkipCause, number>>
  heldEndpoints: string[]
  remaining: number
  etaAt: number | null
}
