// Whether an org's quotas let events of it in.
import type { QuotaMark } from '../db/quota-marks.ts'
import { AppError } from '../errors.ts'
import { isOver, minuteIsFull, mostOf, type OwnQuotas } from '../quotas.ts'
import type { World } from '../world.ts'

/**
 * Counts events that an org sends against those of a minute; answers the refusal of what is beyond. An isolate goes by
 * what the last events that it stored of the org were answered, the usual quota before that.
 */
export async function refuseMinute(
  { isolate, isWithinLimit }: Pick<World, 'isolate' | 'isWithinLimit'>,
  orgId: string,
  events: number,
): Promise<AppError | undefined> {
  const most = mostOf('events_per_minute', isolate.ownQuotas.get(orgId) ?? {})
  const isWithin = await isolate.countEvents({ isWithinLimit }, orgId, events, most)
  return isWithin ? undefined : minuteIsFull(most)
}

/** The refusal of events that were not stored, by what the org was over then; what lasts longest is told. */
export function refuseOver(marks: QuotaMark[], now: number): AppError {
  const [over] = marks.toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))
  if (!over) return new AppError('unavailable', { headers: { 'Retry-After': '2' } })
  const { quota, most, used } = over
  return isOver({ quota, most, used: used ?? most }, now)
}

/** Keeps in mind what an org has figures of its own of, for its next events. */
export function learnQuotas(
  { ownQuotas }: World['isolate'],
  orgId: string,
  marks: QuotaMark[],
): void {
  ownQuotas.delete(orgId)
  if (marks.length === 0) return
  const own: OwnQuotas = Object.fromEntries(marks.map(({ quota, most }) => [quota, most]))
  ownQuotas.set(orgId, own)
}
