// Bugs in what a sweep takes, when, and for how long.
import { bend, type Mutant } from './mutant.ts'

const RETENTION = 'test/delivery/upkeep/retention.test.ts'

/** Mutants of this room. */
export const SWEEP: Mutant[] = [
  bend('what is claimed is sent without its delay', 'T2', [
    'delivery/sweep.ts',
    'Math.max(0, Math.ceil(((messages[place]?.nextAttemptAt ?? now) - now) / 1000))',
    '0',
  ]),
  bend('a delay is rounded down', 'T2', [
    'delivery/sweep.ts',
    'Math.ceil(((messages[place]?.nextAttemptAt',
    'Math.floor(((messages[place]?.nextAttemptAt',
  ]),
  bend('a sweep sends down the fresh lane', 'T2', [
    'delivery/sweep.ts',
    "return enqueue(world, 'retry', messages, delaySeconds)",
    "return enqueue(world, 'fresh', messages, delaySeconds)",
  ]),
  bend('a sweep releases without sending', 'T2', [
    'delivery/sweep.ts',
    '[...due, ...released.map((ref) => ({ ...ref, nextAttemptAt: now }))]',
    '[...due]',
  ]),
  bend('a paced delivery is claimed with a lease', 'T1', [
    'db/lifecycle/turns.ts',
    "ep.status = 'disabled' OR ep.pace IS NOT NULL OR d.url",
    "ep.status = 'disabled' OR d.url",
  ]),
  bend('a sweep does not look ahead', 'T1', [
    'delivery/sweep.ts',
    'lookAheadMs: LOOK_AHEAD_MS,',
    'lookAheadMs: 0,',
  ]),
  bend('a sweep looks ahead too far', 'T1', [
    'delivery/sweep.ts',
    'const LOOK_AHEAD_MS = 60_000',
    'const LOOK_AHEAD_MS = 90_000',
  ]),
  bend('what was parked is sent all the same', 'T2', [
    'delivery/sweep.ts',
    "one.situation === 'leased' && !isPoison(one)",
    '!isPoison(one)',
  ]),
  bend('a poison delivery is sent once more', 'T2', [
    'delivery/sweep.ts',
    "one.situation === 'leased' && !isPoison(one)",
    "one.situation === 'leased'",
  ]),
  bend('a delivery is given up a lapse too soon', 'T2', [
    'delivery/sweep.ts',
    'return lapses > MAX_LAPSES',
    'return lapses >= MAX_LAPSES',
  ]),
  bend('a poison delivery does not end', 'D2', [
    'delivery/sweep.ts',
    'if (poison.length === 0) return 0',
    'if (poison.length <= 1) return poison.length',
  ]),
  bend('a lease does not double', 'T1', [
    'db/lifecycle/sweep.ts',
    '${leaseMs} << min(d.lapses, 16)',
    '${leaseMs} << min(0, 16)',
  ]),
  bend('a lease doubles a lapse too soon', 'D4', [
    'db/lifecycle/sweep.ts',
    '<< min(d.lapses, 16)',
    '<< min(d.lapses + 1, 16)',
  ]),
  bend('a lease doubles without end', 'D4', [
    'db/lifecycle/sweep.ts',
    'sql`min(${maxLeaseMs}, ${leaseMs}',
    'sql`max(0, ${leaseMs}',
  ]),
  bend('a lease starts now, though the retry comes later', 'T1', [
    'db/lifecycle/sweep.ts',
    'ELSE max(d.next_attempt_at, ${now}) + ${lease} END',
    'ELSE ${now} + ${lease} END',
  ]),
  bend('a lease starts when the retry was due', 'T1', [
    'db/lifecycle/sweep.ts',
    'ELSE max(d.next_attempt_at, ${now}) + ${lease} END',
    'ELSE d.next_attempt_at + ${lease} END',
  ]),
  bend('lapses are never counted', 'T1', [
    'db/lifecycle/sweep.ts',
    'lapses = d.lapses + (d.sweep_at > d.next_attempt_at)',
    'lapses = d.lapses',
  ]),
  bend('a retry counts as a lapse', 'T1', [
    'db/lifecycle/sweep.ts',
    'lapses = d.lapses + (d.sweep_at > d.next_attempt_at)',
    'lapses = d.lapses + 1',
  ]),
  bend('a retry on time counts as a lapse', 'T1', [
    'db/lifecycle/sweep.ts',
    '(d.sweep_at > d.next_attempt_at)',
    '(d.sweep_at >= d.next_attempt_at)',
  ]),
  bend('every crowd is let in', 'T1', [
    'db/lifecycle/sweep.ts',
    'const CROWD = 10',
    'const CROWD = 1000',
  ]),
  bend('a recovery with nothing left ends too late', 'T1', [
    'db/lifecycle/sweep.ts',
    'statement<Ended>(db, endRecoveries(sql`ep.sweep_at > ${now}`)),',
    'statement<Ended>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('a recovery without anything parked does not end', 'T1', [
    'db/lifecycle/sweep.ts',
    'statement<Ended>(db, endRecoveries(sql`ep.sweep_at <= ${now}`)),',
    'statement<Ended>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('no recovery is started', 'D2', [
    'db/lifecycle/sweep.ts',
    'statement<DeliveryRef>(db, releaseDue(now, leaseMs)),',
    'statement<DeliveryRef>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('what is parked is released again in each sweep', 'T1', [
    'db/lifecycle/sweep.ts',
    'statement(db, deferReleased(now, leaseMs)),',
    'statement(db, sql`SELECT 1`),',
  ]),
  bend('a sweep leaves no heartbeat', 'T1', [
    'db/upkeep/heartbeats.ts',
    'WHERE excluded.beat_at >= heartbeats.beat_at + ${everyMs}',
    'WHERE false',
  ]),
  bend('an ended delivery is still manual', 'C8', [
    'db/lifecycle/ended.ts',
    'is_manual = 0, resume_at = NULL,',
    'resume_at = NULL,',
  ]),
  bend('an ended delivery still has a schedule', 'C8', [
    'db/lifecycle/ended.ts',
    'is_manual = 0, resume_at = NULL,',
    'is_manual = 0,',
  ]),
  bend('ending a delivery does not fence off its attempt', 'A9', [
    'db/lifecycle/ended.ts',
    'version = d.version + 1, is_manual',
    'is_manual',
  ]),
  bend('an ended delivery keeps the date of an older failure', 'C8', [
    'db/lifecycle/ended.ts',
    'failedAt(now, now)',
    'failedAt(sql`d.last_error_at`, now)',
  ]),
  bend('an ended delivery seems unchanged', 'C8', [
    'db/lifecycle/ended.ts',
    'last_error = ${reason}, updated_at = ${now},',
    'last_error = ${reason},',
  ]),
  bend('a deleted endpoint is looked after for ever', 'D2', [
    'db/lifecycle/delete-endpoint.ts',
    'THEN ${now} END',
    'THEN ${now} ELSE ${now} END',
  ]),
  bend('a held delivery is claimed with a lease', 'T1', [
    'db/lifecycle/turns.ts',
    "ep.status = 'disabled' OR ep.pace IS NOT NULL OR d.url",
    'ep.pace IS NOT NULL OR d.url',
  ]),
  bend('a crowd is let in by its newest', 'T1', [
    'db/lifecycle/turns.ts',
    '(PARTITION BY d.org_id, d.endpoint_id ORDER BY d.id) AS place',
    '(PARTITION BY d.org_id, d.endpoint_id ORDER BY d.id DESC) AS place',
  ]),
  bend('endpoints share one crowd', 'T1', [
    'db/lifecycle/turns.ts',
    '(PARTITION BY d.org_id, d.endpoint_id ORDER BY d.id) AS place',
    '(PARTITION BY d.org_id ORDER BY d.id) AS place',
  ]),
  bend('an endpoint is a crowd as soon as it fails', 'T1', [
    'db/lifecycle/turns.ts',
    'ep.unwell_since <= ${round.now - PACE_AFTER_MS} AS is_unwell',
    'ep.unwell_since <= ${round.now} AS is_unwell',
  ]),
  bend('a paced endpoint is looked ahead for', 'T1', [
    'db/lifecycle/turns.ts',
    '          AND ep.pace IS NOT NULL)))`',
    '          AND false)))`',
  ]),
  bend('leases are taken before they end', 'T1', [
    'db/lifecycle/turns.ts',
    'AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND NOT',
    'AND (true OR (p.sweep_at = p.next_attempt_at AND NOT',
  ]),
  bend('a crowd is parked before it is due', 'T1', [
    'db/lifecycle/sweep.ts',
    'AND (d.sweep_at <= ${now} OR ${isCrowded} IS NOT TRUE)',
    'AND true',
  ]),
  bend('a crowd is not parked', 'T1', [
    'db/lifecycle/sweep.ts',
    'AND (d.sweep_at <= ${now} OR ${isCrowded} IS NOT TRUE)',
    'AND ${isCrowded} IS NOT TRUE',
  ]),
  bend('recoveries do not begin', 'D2', [
    'db/lifecycle/sweep.ts',
    'statement<Moved>(db, beginRecoveries(now)),',
    'statement<Moved>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('a lease of one minute', 'test/delivery/lease.test.ts', [
    'delivery/lease.ts',
    'export const LEASE_MS = 120_000',
    'export const LEASE_MS = 60_000',
  ]),
  bend('a lease of four minutes', 'test/delivery/lease.test.ts', [
    'delivery/lease.ts',
    'export const LEASE_MS = 120_000',
    'export const LEASE_MS = 240_000',
  ]),
  bend('a lease of half an hour', 'T1', [
    'delivery/lease.ts',
    'export const MAX_LEASE_MS = 15 * 60_000',
    'export const MAX_LEASE_MS = 30 * 60_000',
  ]),
  bend('a delivery is given up after twenty lapses', 'T2', [
    'delivery/lease.ts',
    'export const MAX_LAPSES = 200',
    'export const MAX_LAPSES = 20',
  ]),
  bend('a delivery that has moved on is given up', RETENTION, [
    'db/lifecycle/sweep.ts',
    'WHERE ${isThere} ${RETURNING',
    "WHERE d.org_id = ref.value->>'orgId' AND d.id = ref.value->>'id' AND d.stage = 'pending' ${RETURNING",
  ]),
  bend('a finished delivery is given up', RETENTION, [
    'db/lifecycle/sweep.ts',
    'WHERE ${isThere} ${RETURNING',
    "WHERE d.org_id = ref.value->>'orgId' AND d.id = ref.value->>'id' AND d.version = ref.value->>'version' ${RETURNING",
  ]),
]
