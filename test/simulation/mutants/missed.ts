// Bugs in replays of what was missed: what that is, that it is made once, and found where it then is.
import { bend, without, type Mutant } from './mutant.ts'

const MISSING = 'test/replay/missing.test.ts'
const ONCE = 'test/replay/missing-once.test.ts'
const PLAN = 'test/replay/missing-plan.test.ts'
const SLICE = 'test/replay/slice.test.ts'

const FOUND = 'db/replays/missed.ts'
const COUNTED = 'db/replays/count-missed.ts'
const MADE = 'db/lifecycle/make-missed.ts'
const STEP = 'db/lifecycle/replay.ts'

/** Mutants of this room. */
export const MISSED: Mutant[] = [
  bend('missed: the next step begins before what this one makes', SLICE, [
    'delivery/replay/slice.ts',
    'lastIdOf(found.id)',
    'found.id',
  ]),
  bend('missed: the walk’s end is nearer than what is made', SLICE, [
    'delivery/replay/slice.ts',
    'isCut || furthest < cursor ? cursor : furthest',
    'isCut ? cursor : furthest',
  ]),
  without('missed: a look at what the endpoint has', ONCE, [
    FOUND,
    'AND +had.endpoint_id = ep.id)',
    'AND false)',
  ]),
  bend('missed: of an event that somebody has, nobody misses any', MISSING, [
    FOUND,
    'AND +had.endpoint_id = ep.id)',
    ')',
  ]),
  without('missed: the subscription', MISSING, [
    FOUND,
    'AND ${isSubscribed(sql`e.event_type`)}',
    '',
  ]),
  bend('missed: a test is everybody’s', ONCE, ['db/ids.ts', "substr(${id}, 33, 1) < '8'", 'true']),
  bend('missed: a test is numbered as any other', MISSING, [
    'db/lifecycle/accept.ts',
    "iif(event->>'endpointId' IS NULL, 0, ${BEFORE_TESTS})",
    '0',
  ]),
  bend('missed: a test that nobody got is missed', MISSING, [
    FOUND,
    '(w.stage IS NOT NULL OR w.endpoint_id IS NULL)',
    'true',
  ]),
  bend('missed: the walk deals with an event again', ONCE, [FOUND, 'e.id > ${after} AND', '']),
  bend('missed: events of other calls are walked by', MISSING, [
    'db/walk.ts',
    'if (!hasEvents) return ofCall',
    'return ofCall',
  ]),
  bend('missed: what was pruned is missed', ONCE, [
    'delivery/replay/missed.ts',
    'now - config.retentionDays * DAY_MS + MARGIN_MS',
    '0',
  ]),
  bend('missed: those who miss an event get one id', MISSING, [
    MADE,
    'PARTITION BY ev.id ORDER BY ep.id',
    'PARTITION BY ev.id, ep.id',
  ]),
  bend('missed: a step that is late makes it all the same', 'Y5', [
    MADE,
    '${fromMissed(orgId, sends)} AND ${isDue}',
    '${fromMissed(orgId, sends)}',
  ]),
  bend('missed: whoever is second makes it, too', 'Y8', [
    MADE,
    '\n      AND ${hasNone(orgId, sql`ev.id`)}`',
    '`',
  ]),
  bend('missed: an event for which there is no room is passed by', 'Y8', [
    'delivery/replay/slice.ts',
    'one.isCut = true',
    "one.isCut = 'version' in found",
  ]),
  bend('missed: it has no lease', 'Y7', [MADE, '${at} + ${leaseMs}', '${at}']),
  bend('missed: ids begin with the first again', MISSING, [
    MADE,
    '${last} + row_number()',
    'row_number()',
  ]),
  bend('missed: no call lists it', MISSING, [
    MADE,
    `ev.listed_under = '' AND ev.id IN`,
    'false AND ev.id IN',
  ]),
  bend('missed: nobody knows which replay it was', MISSING, [
    MADE,
    'ev.accepted_at, ${now},\n      ${replayId}',
    'ev.accepted_at, ${now},\n      NULL',
  ]),
  bend('missed: it was made now', MISSING, [MADE, 'ev.accepted_at, ${now},', '${now}, ${now},']),
  bend('missed: a recovery that has run dry waits for the sweep', MISSING, [
    STEP,
    'AND NOT (b.updated_at = ${now} AND b.redelivered_by IS ${BY_REPLAY + replayId})',
    '',
  ]),
  without('missed: its count', MISSING, [
    STEP,
    "sql`UNION ALL SELECT s.value->>'part' ${fromMissed(orgId, sends)}`",
    'sql``',
  ]),
  bend('missed: an event that is cut off is counted', PLAN, [
    COUNTED,
    'events - made - Number(isCut)',
    'events - made',
  ]),
  bend('missed: an event is counted with each of its deliveries', PLAN, [
    'db/ids.ts',
    "substr(${id}, 33) <= '0001'",
    'true',
  ]),
  bend('missed: what is as old as what is pruned is counted', PLAN, [
    FOUND,
    'w.id >= ${lowestIdAt(since)}',
    'true',
  ]),
  bend('missed: what a disabled endpoint has missed is counted', PLAN, [
    'delivery/replay/missed.ts',
    'counted.groups.filter(({ isEnabled }) => isEnabled)',
    'counted.groups',
  ]),
]
