// Bugs in how an org is moved from one database to another.
import { bend, without, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const MOVING: Mutant[] = [
  bend('a move: its end is logged whenever it is opened', 'U1', [
    'db/move/marks.ts',
    'second: auditIf(db, JUST_CHANGED, systemIn(orgId), {',
    'second: auditIf(db, sql`true`, systemIn(orgId), {',
  ]),
  bend('a move: its end is not logged', 'U1', [
    'db/move/marks.ts',
    "action: 'org.arrive',",
    "action: 'org.move',",
  ]),
  without(
    'the fence of a move',
    'M1',
    [
      'db/move/marks.ts',
      "UPDATE departures SET state = 'leaving'",
      "UPDATE departures SET state = 'copying'",
    ],
    [
      'db/move/marks.ts',
      "WHERE org_id = ${orgId} AND state = 'leaving'`,",
      "WHERE org_id = ${orgId} AND state = 'copying'`,",
    ],
  ),
  bend('the fence comes after the copy', 'M1', [
    'move/carry-on.ts',
    '  const fenced = await fence(from, move)\n  if (!fenced) return undefined\n',
    '  const fenced = { countedTo: null }\n',
  ]),
  bend('the catalog switches before the copy', 'M1', [
    'move/plan.ts',
    "return phase === 'settling' ? LAST_PORTIONS : HISTORY_PORTIONS",
    "return phase === 'settling' ? [] : HISTORY_PORTIONS",
  ]),
  without('counting for quotas what neither database has counted', 'test/move/counted.test.ts', [
    'db/move/marks.ts',
    '    usage: countUsage(db, { isCounted: isOfOrg, isDue }),\n',
    '',
  ]),
  without('the tombstone', 'M4', ['move/carry-on.ts', '  await markGone(from, move)\n', '']),
  without('what has changed since it was looked at', 'M1', [
    'move/copy.ts',
    'unsettled: isLast ? [] : rows.filter(isNoted).map(idOf),',
    'unsettled: [],',
  ]),
  without('what was redelivered since it was copied', 'M1', [
    'move/copy.ts',
    "[...targetsOf('delivery.redeliver'), ...forgotten]",
    'forgotten',
  ]),
  bend('an outcome is recorded behind the fence', 'M1', [
    'db/departures.ts',
    "const refused = isWriting ? sql` AND state <> 'copying'`",
    "const refused = isWriting ? sql` AND state = 'gone'`",
  ]),
  without('the rest of what was listed to be pruned before an org is copied', 'M1', [
    'db/lifecycle/retention.ts',
    '\n      AND NOT ${isMoving(sql`deliveries.org_id`)}`',
    '`',
  ]),
  without('the rest of pruning while an org is copied', 'M1', [
    'db/lifecycle/retention.ts',
    '      AND NOT ${isMoving(sql`o.id`)}\n',
    '',
  ]),
  without('the old places of what has another stage by now', 'M1', [
    'db/move/write.ts',
    "        AND d.stage <> new.value->>'stage')",
    "        AND d.stage <> new.value->>'stage' AND false)",
  ]),
  without('the sweep leaving alone what has gone', 'M2', [
    'db/lifecycle/turns.ts',
    ' AND NOT ${isAway(sql`o.org_id`)}',
    '',
  ]),
  without('what the old place has counted', 'L3', [
    'db/upkeep/roll-up.ts',
    '${id} >= ${countedBeforeArrival(orgId)} AND',
    '',
  ]),
  without('clearing the old place', 'M4', [
    'move/carry-on.ts',
    '? await deleteLeft(from, move, table, DELETED_AT_ONCE)',
    '? 0',
  ]),
  bend('a page of before the fence is written behind it', 'S1', [
    'db/move/marks.ts',
    'AND here.number = ${number} AND here.step = ${step})`',
    'AND here.number = ${number})`',
  ]),
  without('the later record of what met a fence', 'M5', [
    'delivery/record.ts',
    'else if (triesLeft > 0 && isOnTheMove(part.reason))',
    'else if (triesLeft > 99 && isOnTheMove(part.reason))',
  ]),
]
