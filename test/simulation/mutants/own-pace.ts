// Bugs in an endpoint's own pace: slots, who goes first, and what brings on what waits.
import { bend, without, type Mutant } from './mutant.ts'

const SLOTS = 'db/lifecycle/slots.ts'
const HOLD = 'db/lifecycle/hold.ts'
const GIVING = 'delivery/attempt/slots.ts'

/** Mutants of this room. */
export const OWN_PACE: Mutant[] = [
  without('slots', 'R7', [
    GIVING,
    'if (turn < count) slotted.admitted.push({ ...delivery, slotAt })',
    'if (turn < count) slotted.admitted.push(delivery)',
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
  bend('a request leaves however late it is', 'test/delivery/send/send.test.ts', [
    'delivery/send/send.ts',
    'startedAt >= (request.until ?? Infinity)',
    'startedAt >= Infinity',
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
  bend('a replay knows no pace but its own', 'Y7', [
    'delivery/replay/slice.ts',
    'turn.part.maxPerSecond ?? Infinity',
    'Infinity',
  ]),
]
