// Bugs in what tells of the service itself: told to the wrong ones, twice, too late or not at all.
import { bend, type Mutant } from './mutant.ts'

const ANNOUNCED = 'test/delivery/announce.test.ts'
const COLLECTED = 'test/delivery/upkeep/notices.test.ts'
const LISTED = 'test/api/operational.test.ts'
/** An invariant of the simulation. */
const TOLD = 'N1'
const EXPIRED = 'test/delivery/upkeep/expired-keys.test.ts'
const EXPIRING = 'db/notices/expiring.ts'
const EXHAUSTED = 'db/notices/exhausted.ts'
const FAILING = 'db/notices/failing.ts'

/** Mutants of this room. */
export const NOTICES: Mutant[] = [
  bend('notices: "*" includes what is about the service', ANNOUNCED, [
    'db/words.ts',
    'OR instr(ep.enabled_events, \'"*"\') AND instr((${type}), ${OF_CALLS}) = 1)`',
    'OR instr(ep.enabled_events, \'"*"\'))`',
  ]),
  bend('notices: lists show operational deliveries among the others', LISTED, [
    'db/ids.ts',
    "NOT IN ('4', 'c')`",
    "NOT IN ('x')`",
  ]),
  bend('notices: a replay of a range takes operational deliveries along', LISTED, [
    'db/walk.ts',
    'AND ${isOfCallSql(sql`d.id`)} AND ${isBetween}`',
    'AND ${isBetween}`',
  ]),
  bend('notices: an endpoint is told about itself', ANNOUNCED, [
    'db/lifecycle/accept.ts',
    "\n  AND ep.id IS NOT e.value->>'aboutEndpointId'`",
    '`',
  ]),
  bend('notices: an operational delivery that is exhausted makes the next event', ANNOUNCED, [
    EXHAUSTED,
    "AND ${isOfCallSql(sql`a.value->>'id'`)} AND",
    'AND',
  ]),
  bend('notices: what is told twice is two events', ANNOUNCED, [
    'delivery/announce.ts',
    'key: `notice ${orgId} ${id} ${at}`',
    'key: `notice ${orgId} ${id} ${at} ${crypto.randomUUID()}`',
  ]),
  bend('notices: nobody hears of a disabling before the cron comes', ANNOUNCED, [
    'delivery/announce.ts',
    "one.to === 'disabled' ? one.orgId : []",
    'false ? one.orgId : []',
  ]),
  bend('notices: deliveries are counted without end', ANNOUNCED, [
    EXHAUSTED,
    'AND at <= ${now - everyMs}',
    'AND at <= ${0 * everyMs}',
  ]),
  bend('notices: a minute is not waited for', ANNOUNCED, [
    EXHAUSTED,
    'AND at <= ${now - everyMs}',
    'AND at <= ${now + everyMs}',
  ]),
  bend('notices: many are told one by one', ANNOUNCED, [
    'delivery/announce.ts',
    'notice.count <= TOLD_EACH',
    'notice.count <= 10 * TOLD_EACH',
  ]),
  bend('notices: the operator is told nothing', ANNOUNCED, [
    'delivery/announce.ts',
    ': [orgId, operatorOrgId]',
    ': [orgId]',
  ]),
  bend('notices: what nobody is told is noted', ANNOUNCED, [
    'db/notices/note.ts',
    'return sql`(EXISTS (SELECT 1 FROM endpoints t INDEXED BY endpoints_told\n      WHERE t.org_id',
    'return sql`(true OR EXISTS (SELECT 1 FROM endpoints t INDEXED BY endpoints_told\n      WHERE t.org_id',
  ]),
  bend('notices: an endpoint is failing at once', COLLECTED, [
    FAILING,
    'const FAILING_AFTER_MS = 60_000',
    'const FAILING_AFTER_MS = 0',
  ]),
  bend('notices: an endpoint that is told such things is told to be failing', COLLECTED, [
    FAILING,
    " AND NOT ${isTold('ep')}",
    '',
  ]),
  bend('notices: that an endpoint failed is not forgotten', COLLECTED, [
    'db/notices/untold.ts',
    'forgotten: statement(db, forgetFailing()),',
    '',
  ]),
  bend('notices: an endpoint is told to have recovered while it recovers', COLLECTED, [
    FAILING,
    "AND ep.status = 'enabled' AND ep.health = 'well' AND NOT",
    "AND ep.status = 'enabled' AND NOT",
  ]),
  bend('notices: a key is told to end each time', COLLECTED, [
    'db/notices/untold.ts',
    'const KEPT_MS = 8 * 24',
    'const KEPT_MS = 1 * 24',
  ]),
  bend('the end of a key is logged each time', EXPIRED, [
    EXPIRING,
    'SET expiry_logged_at = ${now}',
    'SET expiry_logged_at = NULL',
  ]),
  bend('the end of a key is logged that was revoked', EXPIRED, [
    EXPIRING,
    'WHERE k.expires_at <= ${now} AND k.revoked_at IS NULL',
    'WHERE k.expires_at <= ${now}',
  ]),
  bend('the end of a key is logged where its org has left', EXPIRED, [
    EXPIRING,
    'IS NULL\n      AND NOT ${isAway(sql`k.org_id`)}\n    ORDER BY k.expires_at, k.public_id',
    'IS NULL\n    ORDER BY k.expires_at, k.public_id',
  ]),
  bend('the end of a key is logged before it', EXPIRED, [
    EXPIRING,
    'WHERE k.expires_at <= ${now} AND',
    'WHERE k.expires_at <= ${now + DAY_MS} AND',
  ]),
  bend('notices: nobody hears of a replay that is through', COLLECTED, [
    'db/lifecycle/replay.ts',
    "completed: statement(db, noteReplay(orgId, replayId, 'completed', now)),",
    '',
  ]),
  bend('told: a disabling is not noted with it', TOLD, [
    'db/lifecycle/record.ts',
    'told: counting.length > 0 ? statement(db, noteDisabled(counting, now)) : undefined,',
    '',
  ]),
  bend('told: a disabling by hand is not noted with it', TOLD, [
    'db/account/endpoints.ts',
    '? statement(db, noteDisabled([{ orgId, endpointId: id }], now))',
    '? undefined',
  ]),
  bend('told: what is exhausted is not noted with it', TOLD, [
    'db/lifecycle/record.ts',
    'exhausted: isExhausting ? statement(db, noteExhausted(outcomes, TAKES_EFFECT, now)) : undefined,',
    '',
  ]),
  bend('told: the end of a replay is not noted with it', TOLD, [
    'db/lifecycle/replay.ts',
    "completed: statement(db, noteReplay(orgId, replayId, 'completed', now)),",
    '',
  ]),
  bend('told: that a replay is held is not noted with it', TOLD, [
    'db/lifecycle/replay.ts',
    "paused: statement(db, noteReplay(orgId, replayId, 'paused', now)),",
    '',
  ]),
  bend('told: a second pause is taken for the first', TOLD, [
    'db/notices/ended-replays.ts',
    "r.id || ':' || r.step AS id",
    'r.id AS id',
  ]),
  bend('told: once more under another key', TOLD, [
    'delivery/announce.ts',
    'key: `notice ${orgId} ${id} ${at}`',
    'key: `notice ${orgId} ${id} ${at} ${Math.random()}`',
  ]),
  bend('told: marked as told before it is', TOLD, [
    'delivery/announce.ts',
    'for (const to of recipientsOf(world, orgId))\n',
    'await markTold(world.store.of(orgId), orgId, own, world.now())\nfor (const to of recipientsOf(world, orgId))\n',
  ]),
  bend('told: what tells feeds on itself', TOLD, [
    EXHAUSTED,
    "AND ${isOfCallSql(sql`a.value->>'id'`)} AND ${isCurrent}",
    'AND ${isCurrent}',
  ]),
  bend('told: "*" is told, too', TOLD, [
    'db/words.ts',
    'OR instr(ep.enabled_events, \'"*"\') AND instr((${type}), ${OF_CALLS}) = 1)`',
    'OR instr(ep.enabled_events, \'"*"\'))`',
  ]),
  bend('told: nobody hears that it is well again', TOLD, [
    'db/notices/untold.ts',
    'recovered: statement(db, noteRecovered(now)),',
    '',
  ]),
]
