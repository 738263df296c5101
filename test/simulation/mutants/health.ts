// Bugs in how attempts tell on an endpoint: its failures, its health, the pace of its recovery.
import { bend, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const HEALTH: Mutant[] = [
  bend('a disabling is not logged', 'U1', [
    'db/lifecycle/record.ts',
    'counting.length > 0 ? statement(db, logDisabled(counting, now)) : undefined',
    'undefined',
  ]),
  bend('an endpoint that was disabled before is logged as disabled now', 'U1', [
    'db/lifecycle/disabling.ts',
    ' AND ep.disabled_at = ${now}',
    '',
  ]),
  bend('strays of before make a recovery go faster', 'A9', [
    'db/lifecycle/recovery.ts',
    'sql`min(${nextPace()}, n.returned + ${nextPace()} - ep.pace)`',
    'sql`(n.returned + ${nextPace()} - ep.pace)`',
  ]),
  bend('what is parked is released twice', 'A9', [
    'db/lifecycle/recovery.ts',
    'sql`min(${nextPace()}, n.returned + ${nextPace()} - ep.pace)`',
    'nextPace()',
  ]),
  bend('a pace never halves', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(1, ep.pace / 2)',
    'max(1, ep.pace)',
  ]),
  bend('a pace falls to one at once', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(1, ep.pace / 2)',
    '1',
  ]),
  bend('a pace falls to a quarter', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(1, ep.pace / 2)',
    'max(1, ep.pace / 4)',
  ]),
  bend('a pace falls to nothing', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(1, ep.pace / 2)',
    'max(0, ep.pace / 2)',
  ]),
  bend('a pace grows by two for each success', 'C7', [
    'db/lifecycle/recovery.ts',
    'ep.pace + n.well) END',
    'ep.pace + 2 * n.well) END',
  ]),
  bend('a pace grows by one a batch', 'A9', [
    'db/lifecycle/recovery.ts',
    'ep.pace + n.well) END',
    'ep.pace + 1) END',
  ]),
  bend('a pace grows without end', 'A9', [
    'db/lifecycle/recovery.ts',
    'min(${MOST}, ep.pace + n.well)',
    '(ep.pace + n.well)',
  ]),
  bend('a pace ends at 32', 'A9', [
    'db/lifecycle/recovery.ts',
    'const MAX_PACE = 64',
    'const MAX_PACE = 32',
  ]),
  bend('an endpoint that failed for a moment is paced', 'C7', [
    'db/lifecycle/recovery.ts',
    'ep.unwell_since <= ${now - PACE_AFTER_MS} AND ${IS_SENT_TO}',
    'ep.unwell_since <= ${now} AND ${IS_SENT_TO}',
  ]),
  bend('an endpoint that comes back is not paced', 'C7', [
    'db/lifecycle/recovery.ts',
    'sql`(n.is_well AND ep.unwell_since',
    'sql`(false AND ep.unwell_since',
  ]),
  bend('the time of falling ill restarts at each failure', 'C7', [
    'db/lifecycle/recovery.ts',
    'ELSE coalesce(ep.unwell_since, ${now}) END',
    'ELSE ${now} END',
  ]),
  bend('an endpoint stays unwell', 'C7', [
    'db/lifecycle/recovery.ts',
    'unwell_since = CASE WHEN n.is_well THEN NULL ELSE',
    'unwell_since = CASE WHEN false THEN NULL ELSE',
  ]),
  bend('a recovery starts a lease late', 'C7', [
    'db/lifecycle/recovery.ts',
    'WHEN ${recovers} THEN ${now}\n',
    'WHEN ${recovers} THEN ${now + leaseMs}\n',
  ]),
  bend('a recovery that goes on counts as halted', 'C7', [
    'db/lifecycle/recovery.ts',
    'sweep_at = CASE WHEN ep.pace IS NOT NULL THEN ${now + leaseMs} WHEN',
    'sweep_at = CASE WHEN ep.pace IS NOT NULL THEN ${now} WHEN',
  ]),
  bend('a recovery starts at pace two', 'C7', [
    'db/lifecycle/recovery.ts',
    'WHEN ${recovers} THEN 1 END',
    'WHEN ${recovers} THEN 2 END',
  ]),
  bend('a recovery has no pace', 'C7', [
    'db/lifecycle/recovery.ts',
    'WHEN ${recovers} THEN 1 END',
    'END',
  ]),
  bend('disabling does not say why', 'C2', [
    'db/lifecycle/recovery.ts',
    "CASE WHEN ${trips} THEN 'too_many_failures' ELSE ep.disabled_reason END",
    'ep.disabled_reason',
  ]),
  bend('disabling does not say when', 'C7', [
    'db/lifecycle/recovery.ts',
    'CASE WHEN ${trips} THEN ${now} ELSE ep.disabled_at END',
    'ep.disabled_at',
  ]),
  bend('a disabled endpoint is disabled again', 'C2', [
    'db/lifecycle/recovery.ts',
    "sql`(ep.status = 'enabled' AND ${failures} >=",
    'sql`(${failures} >=',
  ]),
  bend('any success of a batch makes an endpoint well', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(CASE WHEN place = last_place THEN is_well END) AS is_well',
    'max(is_well) AS is_well',
  ]),
  bend('any failure of a batch makes an endpoint unwell', 'C7', [
    'db/lifecycle/recovery.ts',
    'max(CASE WHEN place = last_place THEN is_well END) AS is_well',
    'min(is_well) AS is_well',
  ]),
  bend('exhaustions before a success count', 'C7', [
    'db/lifecycle/recovery.ts',
    'sum(counts AND place > coalesce(last_success, -1)) AS exhausted',
    'sum(counts) AS exhausted',
  ]),
  bend('a failure does not slow a recovery', 'C7', [
    'db/lifecycle/recovery.ts',
    'sum(NOT is_well) AS unwell',
    '0 AS unwell',
  ]),
  bend('a slow attempt restarts the time of falling ill', 'C7', [
    'db/lifecycle/recovery.ts',
    '      AND ep.unwell_since IS NULL\n    ${RETURNING_MOVED}, NULL',
    '    ${RETURNING_MOVED}, NULL',
  ]),
  bend('a recovery goes newest first', 'T1', [
    'db/lifecycle/recovery.ts',
    'ORDER BY is_behind, is_later, id) AS place',
    'ORDER BY id DESC) AS place',
  ]),
  bend('the newest of what is parked are read', 'T1', [
    'db/lifecycle/recovery.ts',
    'ORDER BY b.id LIMIT',
    'ORDER BY b.id DESC LIMIT',
  ]),
  bend('what is parked is released two at a time', 'A9', [
    'db/lifecycle/recovery.ts',
    'LIMIT ${literal(LOOKED_AT)}',
    'LIMIT ${literal(2)}',
  ]),
  bend('what is released has no lease', 'T1', [
    'db/lifecycle/recovery.ts',
    'UPDATE deliveries SET sweep_at = ${now + leaseMs}\n',
    'UPDATE deliveries SET sweep_at = ${now}\n',
  ]),
  bend('what is held is released', 'A9', [
    'db/lifecycle/recovery.ts',
    "WHERE ep.pace IS NOT NULL AND ep.status = 'enabled'\n",
    'WHERE ep.pace IS NOT NULL\n',
  ]),
  bend('an endpoint may be unwell for ten minutes', 'C7', [
    'db/lifecycle/recovery.ts',
    'export const PACE_AFTER_MS = 60_000',
    'export const PACE_AFTER_MS = 600_000',
  ]),
  bend('an ended recovery keeps its pace', 'T1', [
    'db/lifecycle/recovery.ts',
    'SET sweep_at = NULL, pace = NULL',
    'SET sweep_at = NULL',
  ]),
  bend('recoveries begin at pace five', 'T1', [
    'db/lifecycle/recovery.ts',
    'UPDATE endpoints AS ep SET pace = 1, sweep_at = ${now}',
    'UPDATE endpoints AS ep SET pace = 5, sweep_at = ${now}',
  ]),
  bend('a recovery begins too late', 'T1', [
    'db/lifecycle/recovery.ts',
    'UPDATE endpoints AS ep SET pace = 1, sweep_at = ${now}',
    'UPDATE endpoints AS ep SET pace = 1, sweep_at = ${now + 60_000}',
  ]),
  bend('a recovery begins anew in each sweep', 'T1', [
    'db/lifecycle/recovery.ts',
    'AND ep.pace IS NULL AND ep.status',
    'AND ep.status',
  ]),
]
