// Bugs in what ends: pruning, and counting for charts.
import { bend, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const UPKEEP: Mutant[] = [
  bend(
    'what was redelivered since is pruned',
    'L1',
    [
      'db/engine/retention.ts',
      "p.status IN ('delivered', 'exhausted') AND p.id < ${lowestIdAt(before)}\n    AND p.updated_at < ${before}`",
      "p.status IN ('delivered', 'exhausted') AND p.id < ${lowestIdAt(before)}`",
    ],
    [
      'db/engine/retention.ts',
      "AND d.id = ref.value->>'id' AND d.updated_at < ${before})",
      "AND d.id = ref.value->>'id')",
    ],
  ),
  bend('an event is pruned with its first delivery', 'L1', [
    'db/engine/retention.ts',
    "AND ev.id = substr(ref.value->>'id', 1, 32) || '0000' AND NOT EXISTS (",
    "AND ev.id = substr(ref.value->>'id', 1, 32) || '0000' AND true OR NOT EXISTS (",
  ]),
  bend('everything is kept for a day only', 'L1', [
    'delivery/upkeep/retention.ts',
    'now - retentionDays * DAY_MS',
    'now - DAY_MS',
  ]),
  bend('keys are forgotten at once', 'L1', [
    'db/engine/retention.ts',
    'WHERE created_at <= ${now - IDEMPOTENCY_TTL_MS}',
    'WHERE created_at <= ${now}',
  ]),
  bend('an hour is counted anew', 'L3', [
    'db/figures/stats.ts',
    'created = created + excluded.created',
    'created = excluded.created',
  ]),
  bend('a stretch runs over its end', 'L3', [
    'db/figures/stats.ts',
    'd.id < ${lowestIdAt(until)}`',
    'd.id < ${lowestIdAt(until + 60000)}`',
  ]),
  bend('a stretch is never finished', 'L3', [
    'db/figures/stats.ts',
    'DO UPDATE SET beat_at = excluded.beat_at WHERE beat_at = ${from}',
    'DO UPDATE SET beat_at = excluded.beat_at WHERE false',
  ]),
]
