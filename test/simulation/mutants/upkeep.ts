// Bugs in what ends: pruning, and counting for charts.
import { bend, type Mutant } from './mutant.ts'

const STATS = 'test/dashboard/stats.test.ts'
const ROTATION = 'test/security/secrets/key-rotation.test.ts'

/** Mutants of this room. */
export const UPKEEP: Mutant[] = [
  bend(
    'pending deliveries are pruned',
    'D2',
    [
      'db/lifecycle/retention.ts',
      "WHERE d.org_id = ref.value->>'orgId' AND d.stage IN ('delivered', 'exhausted')\n        AND d.id = ref",
      "WHERE d.org_id = ref.value->>'orgId' AND d.stage IN ('pending', 'delivered', 'exhausted')\n        AND d.id = ref",
    ],
    [
      'db/lifecycle/retention.ts',
      "AND d.id = ref.value->>'id' AND d.updated_at < ${before})",
      "AND d.id = ref.value->>'id')",
    ],
  ),
  bend(
    'what was redelivered since is pruned',
    'L1',
    [
      'db/lifecycle/retention.ts',
      "p.stage IN ('delivered', 'exhausted') AND p.id < ${lowestIdAt(before)}\n    AND p.updated_at < ${before}`",
      "p.stage IN ('delivered', 'exhausted') AND p.id < ${lowestIdAt(before)}`",
    ],
    [
      'db/lifecycle/retention.ts',
      "AND d.id = ref.value->>'id' AND d.updated_at < ${before})",
      "AND d.id = ref.value->>'id')",
    ],
  ),
  bend('an event is pruned before its last pending delivery', 'T3', [
    'db/lifecycle/retention.ts',
    'AND d.stage IN ${ANY_STAGE}\n            AND ${isOfEventSql(',
    "AND d.stage IN ('delivered', 'exhausted')\n            AND ${isOfEventSql(",
  ]),
  bend('an event is pruned with its first delivery', 'L1', [
    'db/lifecycle/retention.ts',
    "AND ev.id = ${eventIdSql(sql`ref.value->>'id'`)} AND NOT EXISTS (",
    "AND ev.id = ${eventIdSql(sql`ref.value->>'id'`)} AND true OR NOT EXISTS (",
  ]),
  bend('events without deliveries are pruned at once', 'L1', [
    'db/lifecycle/retention.ts',
    "p.listed_under = '' AND p.id < ${lowestIdAt(before)}`",
    "p.listed_under = ''`",
  ]),
  bend('everything is kept for a day only', 'L1', [
    'delivery/upkeep/retention.ts',
    'now - retentionDays * DAY_MS',
    'now - DAY_MS',
  ]),
  bend('events stay without deliveries', 'L1', [
    'db/lifecycle/retention.ts',
    '    events: statement(db, deleteEventsOf(refs)),\n',
    '',
  ]),
  bend('keys are never forgotten', 'L1', [
    'delivery/upkeep/retention.ts',
    '  idempotency_keys: pruneKeys,\n',
    '',
  ]),
  bend('what was redelivered is pruned', 'D2', [
    'db/lifecycle/retention.ts',
    "AND d.id = ref.value->>'id' AND d.updated_at < ${before})",
    "AND d.id = ref.value->>'id')",
  ]),
  bend('keys are forgotten at once', 'L1', [
    'db/lifecycle/retention.ts',
    'WHERE created_at <= ${now - IDEMPOTENCY_TTL_MS}',
    'WHERE created_at <= ${now}',
  ]),
  bend('a stretch is counted twice', 'L3', [
    'db/upkeep/roll-up.ts',
    'const isDue = sql`coalesce(${COUNTED_UNTIL}, ${from}) = ${from}`',
    'const isDue = sql`true`',
  ]),
  bend('an hour is counted anew', 'L3', [
    'db/upkeep/roll-up.ts',
    'created = created + excluded.created',
    'created = excluded.created',
  ]),
  bend('the slowest is the latest', 'L3', [
    'db/upkeep/roll-up.ts',
    'slowest_ms = max(slowest_ms, excluded.slowest_ms)',
    'slowest_ms = excluded.slowest_ms',
  ]),
  bend('a stretch runs over its end', 'L3', [
    'db/upkeep/roll-up.ts',
    '${id} < ${lowestIdAt(until)} AND',
    '${id} < ${lowestIdAt(until + 60000)} AND',
  ]),
  bend('a stretch is never finished', 'L3', [
    'db/upkeep/roll-up.ts',
    'DO UPDATE SET beat_at = excluded.beat_at WHERE beat_at = ${from}',
    'DO UPDATE SET beat_at = excluded.beat_at WHERE false',
  ]),
  bend('the first attempt is timed', 'test/dashboard/stats.test.ts', [
    'db/upkeep/roll-up.ts',
    "'$[#-1][1]'",
    "'$[0][1]'",
  ]),
  bend('what is too young is counted', 'L3', [
    'delivery/upkeep/roll-up.ts',
    'const LAG_MS = 120_000',
    'const LAG_MS = 0',
  ]),
  bend('a run counts one stretch', 'L3', [
    'delivery/upkeep/roll-up.ts',
    'const MAX_SLICES = 40',
    'const MAX_SLICES = 1',
  ]),
  bend('a first run goes back a year', 'L3', [
    'delivery/upkeep/roll-up.ts',
    '7 * 24 * 3_600_000',
    '365 * 24 * 3_600_000',
  ]),
  bend('a stretch leaves out its first instant', STATS, [
    'db/upkeep/roll-up.ts',
    '${id} >= ${lowestIdAt(begin)} AND',
    '${id} >= ${lowestIdAt(begin + 1)} AND',
  ]),
  bend('a stretch takes in its end', STATS, [
    'db/upkeep/roll-up.ts',
    '${id} < ${lowestIdAt(until)} AND',
    '${id} < ${lowestIdAt(until + 1)} AND',
  ]),
  bend('answer times of before are forgotten when more are counted', 'L3', [
    'db/upkeep/roll-up.ts',
    'latencies = ${addBuckets(sql`hourly_stats.latencies`, sql`excluded.latencies`)}`',
    'latencies = excluded.latencies`',
  ]),
  bend('the log of what was sealed anew has its first round alone', ROTATION, [
    'db/audit.ts',
    'audit_log.details->>${counted} + excluded.details->>${counted})`\n}\n\n/** The statement up to',
    'audit_log.details->>${counted})`\n}\n\n/** The statement up to',
  ]),
]
