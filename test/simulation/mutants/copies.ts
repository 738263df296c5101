// Bugs in copies: what they leave alone, how they are counted, who looks after them.
import { bend, without, type Mutant } from './mutant.ts'

const COPIES = 'test/replay/copies.test.ts'
const ONCE = 'test/replay/copies-once.test.ts'
const ELSEWHERE = 'test/journeys/redeliver-elsewhere.test.ts'
const TARGETS = 'test/security/targets/targets.test.ts'

const STORE = 'db/replays/copies.ts'
const LOAD = 'db/lifecycle/consume.ts'
const STEP = 'db/lifecycle/replay.ts'
const SLICE = 'delivery/replay/slice.ts'

/** Mutants of this room. */
export const COPYING: Mutant[] = [
  bend('copies: the delivery itself is moved', COPIES, [
    STEP,
    'copiesTo === null ? moveDeliveries : copyDeliveries',
    'moveDeliveries',
  ]),
  bend('copies: they go to the delivery’s own URL', COPIES, [
    LOAD,
    'r.copies_to AS url',
    'd.url AS url',
  ]),
  bend('copies: what came of one is recorded for its delivery', COPIES, [
    'db/lifecycle/record.ts',
    'batch.attempts.filter(({ copiedBy }) => copiedBy === undefined)',
    'batch.attempts',
  ]),
  bend('copies: a slow one makes its endpoint unwell', 'C7', [
    'delivery/deliver.ts',
    'endpointId === null || copiedBy !== undefined ?',
    'endpointId === null ?',
  ]),
  bend('copies: a disabled endpoint’s are skipped', COPIES, [
    SLICE,
    "endpointStatus: isThere ? 'enabled' : 'deleted'",
    'endpointStatus: part.endpointStatus',
  ]),
  bend('copies: a recovery holds them up', COPIES, [
    SLICE,
    "endpointStatus: isThere ? 'enabled' : 'deleted',\n    isPaced: false,\n    maxPerSecond: null,\n    parked: 0,\n",
    "endpointStatus: isThere ? 'enabled' : 'deleted',\n",
  ]),
  bend('copies: there is a limit to them', COPIES, [
    SLICE,
    "copiesTo !== null || !('manualRetryCount' in found)",
    "!('manualRetryCount' in found)",
  ]),
  bend('copies: a deleted endpoint’s are waited for', ONCE, [
    STORE,
    "WHEN c.endpoint_id <> '' AND NOT EXISTS",
    'WHEN false AND NOT EXISTS',
  ]),
  bend('copies: a pruned delivery’s are waited for', ONCE, [
    STORE,
    'WHEN NOT EXISTS (SELECT 1 FROM deliveries d',
    'WHEN false AND NOT EXISTS (SELECT 1 FROM deliveries d',
  ]),
  bend('copies: none is ever given up', ONCE, [STORE, 'c.lapses >= ${maxLapses}', 'false']),
  bend('copies: what is given up is not counted', ONCE, [
    STORE,
    'WHERE ${isLapsed} AND ${reason} IS NOT NULL`\n  return',
    'WHERE false`\n  return',
  ]),
  bend('copies: nobody looks for those that are lost', ONCE, [
    STORE,
    'WHERE l.sweep_at <= ${now} AND',
    'WHERE false AND',
  ]),
  bend('copies: a lease does not grow', ONCE, [
    STORE,
    '${leaseMs} << min(c.lapses, 16)',
    '${leaseMs}',
  ]),
  without('copies: the fence of a move', ONCE, [STORE, ' AND NOT ${isAway(sql`l.org_id`)}', '']),
  bend('copies: an outcome that comes twice counts twice', ONCE, [
    STORE,
    'const TAKES_EFFECT: SQL = sql`(${isPendingCopy(sql`a.value`)}',
    'const TAKES_EFFECT: SQL = sql`(${isCopy(sql`a.value`)}',
  ]),
  bend('copies: a late success changes nothing', ONCE, [
    STORE,
    "AND c.status = 'failed' AND a.value->>'status' = 'delivered')`",
    'AND false)`',
  ]),
  bend('copies: one that is over is sent again', ONCE, [
    STORE,
    "return sql`${isCopy(ref)} AND c.status = 'pending'`",
    'return isCopy(ref)',
  ]),
  bend('copies: a delivery and its copy are one', ONCE, [
    'delivery/deliver.ts',
    '`${id} ${version} ${copiedBy}`',
    '`${id} ${version}`',
  ]),
  bend('copies: they stay behind when their org moves', ONCE, [
    'db/move/portions.ts',
    '${isWithin(sql`r.updated_at`, window, (at) => at)}`',
    'false`',
  ]),
  bend('copies: a replay is pruned before they are', ONCE, [
    'db/lifecycle/retention.ts',
    'const HAS_NO_COPIES = sql`NOT EXISTS (',
    'const HAS_NO_COPIES = sql`EXISTS (SELECT 1) OR (',
  ]),
  without('copies: the judge of their URL', TARGETS, [
    'delivery/replay/start-one.ts',
    '  await checkTarget(world, url, host)\n',
    '',
  ]),
  bend('copies: a redelivery elsewhere acts twice for a key', ELSEWHERE, [
    'db/replays/start-one.ts',
    'condition: sql`${key.isFree} AND ${canBeSent(one)}`',
    'condition: canBeSent(one)',
  ]),
  bend('copies: a redelivery elsewhere needs nobody to sign it', ELSEWHERE, [
    'db/replays/start-one.ts',
    'condition: sql`${key.isFree} AND ${canBeSent(one)}`',
    'condition: key.isFree',
  ]),
  bend('copies: what came of one changes its delivery', 'Y6', [
    'db/lifecycle/record.ts',
    'batch.attempts.filter(({ copiedBy }) => copiedBy === undefined)',
    'batch.attempts',
  ]),
  bend('copies: their step moves their deliveries', 'Y6', [
    STEP,
    'copiesTo === null ? moveDeliveries : copyDeliveries',
    'moveDeliveries',
  ]),
  bend('copies: a step sends no messages of them', 'Y6', [
    'delivery/replay/step.ts',
    'await send(world, done.sent, now)',
    'await send(world, copiesTo === null ? done.sent : [], now)',
  ]),
  bend('copies: a redelivery elsewhere sends no message', 'Y6', [
    'delivery/replay/start-one.ts',
    "world.defer(enqueue(world, 'retry', [{ orgId, id, version: 1, copiedBy: replay.id }]))",
    'void enqueue',
  ]),
  bend('copies: those that are lost are taken before their lease has ended', 'Y6', [
    STORE,
    'WHERE l.sweep_at <= ${now} AND',
    'WHERE l.sweep_at <= ${now + 60_000} AND',
  ]),
  bend('copies: what was taken is not sent', 'Y6', [
    'db/replays/overdue.ts',
    'copies: copiesTaken.filter(({ isOver }) => isOver === 0)',
    'copies: copiesTaken.filter(({ isOver }) => isOver === 2)',
  ]),
  bend('copies: what is over is sent again', 'Y6', [
    STORE,
    "return sql`${isCopy(ref)} AND c.status = 'pending'`",
    'return isCopy(ref)',
  ]),
  bend('copies: a repeated outcome counts again', 'Y6', [
    STORE,
    'const TAKES_EFFECT: SQL = sql`(${isPendingCopy(sql`a.value`)}',
    'const TAKES_EFFECT: SQL = sql`(${isCopy(sql`a.value`)}',
  ]),
  bend('copies: a success that comes late is thrown away', 'Y6', [
    STORE,
    "AND c.status = 'failed' AND a.value->>'status' = 'delivered')`",
    'AND false)`',
  ]),
  bend('copies: a poison one goes on for ever', 'Y6', [STORE, 'c.lapses >= ${maxLapses}', 'false']),
  bend('copies: one that failed is tried again', 'Y6', [
    STORE,
    "status = iif(a.value->>'status' = 'delivered', 'delivered', 'failed')",
    "status = iif(a.value->>'status' = 'delivered', 'delivered', 'pending')",
  ]),
  bend('copies: nothing is kept of their attempt', 'Y6', [
    STORE,
    "entry = json_extract(${entries}, '$[' || a.key || ']')",
    'entry = c.entry',
  ]),
  bend('copies: their lease does not grow', 'Y6', [
    STORE,
    '${leaseMs} << min(c.lapses, 16)',
    '${leaseMs}',
  ]),
  bend('copies: an endpoint that is gone is waited for', 'Y6', [
    STORE,
    "WHEN c.endpoint_id <> '' AND NOT EXISTS",
    'WHEN false AND NOT EXISTS',
  ]),
  bend('copies: a delivery that is gone is waited for', 'Y6', [
    STORE,
    'WHEN NOT EXISTS (SELECT 1 FROM deliveries d',
    'WHEN false AND NOT EXISTS (SELECT 1 FROM deliveries d',
  ]),
  bend('copies: those that are given up count for nothing', 'Y6', [
    STORE,
    'WHERE ${isLapsed} AND ${reason} IS NOT NULL`\n  return',
    'WHERE false`\n  return',
  ]),
  bend('copies: of a step that was made before they are made again', 'Y7', [
    STEP,
    'WHERE ${isUnchanged(orgId)} AND ${isDue}\n    ON CONFLICT DO NOTHING',
    'WHERE ${isUnchanged(orgId)}\n    ON CONFLICT DO NOTHING',
  ]),
]
