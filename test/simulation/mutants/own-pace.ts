// Bugs in an endpoint's own pace: slots, who goes first, and what brings on what waits.
import { bend, without, type Mutant } from './mutant.ts'

const SLOTS = 'db/lifecycle/slots.ts'
const HOLD = 'db/lifecycle/hold.ts'
const GIVING = 'delivery/attempt/slots.ts'
const PACED = 'test/simulation/paced.node.test.ts'

/** Mutants of this room. */
export const OWN_PACE: Mutant[] = [
  without('slots', 'R7', [
    GIVING,
    'if (turn < count) slotted.admitted.push({ ...delivery, slotAt })',
    'if (turn < count) slotted.admitted.push(delivery)',
  ]),
  bend('a slot is given to two', 'R7', [
    SLOTS,
    'SET next_slot_at = ${startAt(now)} +',
    'SET next_slot_at = coalesce(ep.next_slot_at, CAST(${now} AS INTEGER)) + 0 *',
  ]),
  bend('slots lie as close as the pace', 'R7', [
    SLOTS,
    'const SPAN_MS = 1000 + SLOT_TOLERANCE_MS',
    'const SPAN_MS = 900',
  ]),
  bend('slots of each caller begin now', 'R7', [
    SLOTS,
    'return sql`max(CAST(${now} AS INTEGER), coalesce(ep.next_slot_at, 0))`',
    'return sql`CAST(${now} AS INTEGER)`',
  ]),
  without('an end of its slot to a request', 'R7', [
    'delivery/attempt/attempt.ts',
    'slotAt === undefined ? undefined : slotAt + SLOT_TOLERANCE_MS',
    'slotAt === undefined ? undefined : slotAt + 60_000',
  ]),
  bend('what waits goes oldest first, whatever it is', 'R7', [
    SLOTS,
    "iif(ep.max_per_second IS NULL, false, NOT ${isFresh('p')})",
    'false',
  ]),
  without('anything that brings on what was parked', 'R7', [
    HOLD,
    'begun: paced ? statement(db, beginTurns(list, when.now)) : undefined,',
    'begun: undefined,',
  ]),
  bend('what was parked waits for the sweep', PACED, [
    'db/lifecycle/recovery.ts',
    'sql`coalesce(2 * ep.max_per_second, ${MAX_PACE})`',
    'sql`coalesce(ep.max_per_second / 5, ${MAX_PACE})`',
  ]),
  bend('a replay knows no pace but its own', 'Y7', [
    'delivery/replay/slice.ts',
    'turn.part.maxPerSecond ?? Infinity',
    'Infinity',
  ]),
]
