// Slots for a set: when each of what goes to an endpoint with a pace of its own may leave, and what becomes of the rest.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { HeldRef } from '../../db/lifecycle/hold.ts'
import {
  slotOffsetMs,
  takeSlots,
  type GivenSlots,
  type WantedSlots,
} from '../../db/lifecycle/slots.ts'
import { explainFault } from '../../errors.ts'
import type { Lane, World } from '../../world.ts'

/** What would have a slot within so many ms waits in the queue; what would not is parked. */
const QUEUED_MS = 5000

/**
 * What may be sent, some of it in its slot; what is to be parked; what comes again in so many seconds; and what could not
 * be asked for.
 */
export type Slotted = {
  admitted: DeliveryToSend[]
  parked: HeldRef[]
  later: { delivery: DeliveryToSend; seconds: number }[]
  lost: DeliveryToSend[]
}

/** What of a set goes to one endpoint, by who goes first. */
type Group = {
  orgId: string
  wanted: WantedSlots
  /** In flight, and never attempted. */
  first: DeliveryToSend[]
  /** What comes from intake waits behind what came before it; what was attempted, or is asked for, behind what never was. */
  fresh: DeliveryToSend[]
  others: DeliveryToSend[]
}

/** Takes slots for what needs some; without any of that, nothing is asked. Never throws. */
export async function giveSlots(
  world: Pick<World, 'log' | 'now' | 'store'>,
  set: DeliveryToSend[],
  lane: Lane,
): Promise<Slotted> {
  const slotted: Slotted = { admitted: [], parked: [], later: [], lost: [] }
  const limited = set.filter(({ maxPerSecond }) => maxPerSecond !== null)
  if (limited.length === 0) return { ...slotted, admitted: set }
  const groups = Map.groupBy(limited, nameOf)
  const items = [...groups.values()].map((some) => toGroup(some, lane))
  const now = world.now()
  const parts = await world.store.spread(items, (db, some) =>
    takeSlots(
      db,
      some.map(({ wanted }) => wanted),
      now,
    ),
  )
  for (const part of parts) {
    if (part.status === 'rejected') {
      world.log({ event: 'slots_failed', error: explainFault(part.reason) })
      slotted.lost.push(...part.items.flatMap(allOf))
      continue
    }
    const given = new Map(part.value.map((one) => [nameOf(one), one]))
    for (const group of part.items) place(slotted, group, given.get(nameOf(group.wanted)), now)
  }
  // In the order of their slots, as they are sent; what needs none goes as it came.
  slotted.admitted.sort((a, b) => (a.slotAt ?? 0) - (b.slotAt ?? 0))
  slotted.admitted.unshift(...set.filter(({ maxPerSecond }) => maxPerSecond === null))
  return slotted
}

function nameOf({ orgId, endpointId }: Pick<DeliveryToSend, 'orgId' | 'endpointId'>): string {
  return `${orgId} ${endpointId}`
}

function isFresh({ attemptsMade, isManual }: DeliveryToSend): boolean {
  return attemptsMade === 0 && !isManual
}

function toGroup(some: DeliveryToSend[], lane: Lane): Group {
  const neverTried = some.filter(isFresh)
  const [first, fresh] = lane === 'retry' ? [neverTried, []] : [[], neverTried]
  const others = some.filter((one) => !isFresh(one))
  const { orgId = '', endpointId } = some[0] ?? {}
  const wanted = {
    orgId,
    endpointId: endpointId ?? '',
    first: first.length,
    others: fresh.length + others.length,
  }
  return { orgId, wanted, first, fresh, others }
}

function allOf({ first, fresh, others }: Group): DeliveryToSend[] {
  return [...first, ...fresh, ...others]
}

/** Of an endpoint that is gone nothing is known; without a pace all may leave. */
function place(slotted: Slotted, group: Group, given: GivenSlots | undefined, now: number): void {
  if (!given) {
    slotted.lost.push(...allOf(group))
    return
  }
  const { first, fresh, others } = group
  const { maxPerSecond, startAt, count, hasFresh } = given
  if (maxPerSecond === null) {
    slotted.admitted.push(...allOf(group))
    return
  }
  const inLine = hasFresh ? first : allOf(group)
  for (const [turn, delivery] of inLine.entries()) {
    const slotAt = startAt + slotOffsetMs(turn, maxPerSecond)
    const isQueued = !fresh.includes(delivery) && slotAt - now <= QUEUED_MS
    if (turn < count) slotted.admitted.push({ ...delivery, slotAt })
    else if (isQueued) slotted.later.push({ delivery, seconds: secondsUntil(slotAt, now) })
    else slotted.parked.push(toParked(delivery, false))
  }
  if (!hasFresh) return
  slotted.parked.push(
    ...fresh.map((one) => toParked(one, false)),
    ...others.map((one) => toParked(one, true)),
  )
}

function secondsUntil(slotAt: number, now: number): number {
  return Math.max(1, Math.floor((slotAt - now) / 1000))
}

function toParked({ orgId, id, version }: DeliveryToSend, givesWay: boolean): HeldRef {
  return { orgId, id, version, rest: { isPaced: true, givesWay } }
}
