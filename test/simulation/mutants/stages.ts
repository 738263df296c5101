// Bugs in what is new: a pending delivery to which nothing has happened yet.
import { bend, without, type Mutant } from './mutant.ts'

const DELETED = 'test/journeys/deleted-endpoints.test.ts'
const LISTS = 'test/db/list-budgets.test.ts'
const OVERVIEW = 'test/db/views/overview.test.ts'
const HEALTH = 'test/api/service.test.ts'

/** Mutants of this room. */
export const STAGES: Mutant[] = [
  bend('a delivery is not stored as new', 'D8', [
    'db/lifecycle/accept.ts',
    "SELECT 'new', ${orgId}",
    "SELECT 'pending', ${orgId}",
  ]),
  without('the sweep of what is new', 'D4', [
    'db/lifecycle/sweep.ts',
    'statement<{ orgId: string }>(db, lapse(rules))',
    'statement<{ orgId: string }>(db, sql`SELECT 1 WHERE false`)',
  ]),
  bend('a sweep takes what is new before its lease has ended', 'T1', [
    'db/lifecycle/turns.ts',
    'lowestIdAt(now - leaseMs + 1)',
    'lowestIdAt(now + 1)',
  ]),
  bend('a sweep takes what is new a minute late', 'T1', [
    'db/lifecycle/turns.ts',
    'lowestIdAt(now - leaseMs + 1)',
    'lowestIdAt(now - leaseMs - 60_000)',
  ]),
  bend('a first lease that ends is no lapse', 'T1', [
    'db/lifecycle/sweep.ts',
    'sweep_at = min(${now}, d.next_attempt_at + ${leaseMs})',
    'sweep_at = d.next_attempt_at',
  ]),
  bend('what is new comes due in the future', 'T1', [
    'db/lifecycle/sweep.ts',
    'sweep_at = min(${now}, d.next_attempt_at + ${leaseMs})',
    'sweep_at = ${now} + ${leaseMs}',
  ]),
  bend('new deliveries of one org are all taken first', 'test/delivery/turns.test.ts', [
    'db/lifecycle/turns.ts',
    'ORDER BY p.id LIMIT ${partOf(round)}',
    'ORDER BY p.id LIMIT ${literal(round.limit)}',
  ]),
  bend('what failed at first stays new', 'A9', [
    'db/lifecycle/record.ts',
    "(${isOver} OR d.stage = 'new')",
    '${isOver}',
  ]),
  bend('what was new and failed is due never', 'A9', [
    'db/lifecycle/record.ts',
    'sweep_at = iif(${isOver}, d.sweep_at,',
    'sweep_at = iif(true, d.sweep_at,',
  ]),
  bend('what is held stays new', 'A9', [
    'db/lifecycle/hold.ts',
    "sql`stage = 'pending'`)",
    'sql`sweep_at = NULL`)',
  ]),
  bend('a message of what is new counts for nothing', 'T3', [
    'db/words.ts',
    "open: [sql`'new'`, sql`'pending'`]",
    "open: [sql`'pending'`, sql`'pending'`]",
  ]),
  bend('a deletion leaves what is new', 'C8', [
    'db/lifecycle/delete-endpoint.ts',
    "WHERE n.stage = 'new' AND n.org_id = ${orgId}",
    'WHERE false AND n.org_id = ${orgId}',
  ]),
  bend('the sweep leaves what is new of a deleted endpoint', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    "WHERE n.stage = 'new' AND n.org_id = org.org_id",
    'WHERE false AND n.org_id = org.org_id',
  ]),
  bend('a deleted endpoint is forgotten before what is new of it has ended', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    'AND NOT ${HAS_OLD} AND NOT ${HAS_NEW}',
    'AND NOT ${HAS_OLD}',
  ]),
  bend('a deleted endpoint is left alone while something is new of it', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    ' OR ${HAS_NEW})`\n\n/** SQL condition: some',
    ')`\n\n/** SQL condition: some',
  ]),
  bend('an endpoint’s list misses what is new', LISTS, [
    'db/views/deliveries.ts',
    "ofEndpoint && stage !== 'new'",
    'ofEndpoint',
  ]),
  without('the words that lead to the endpoint’s index', LISTS, [
    'db/views/deliveries.ts',
    " AND ${deliveries.stage} <> 'new'`",
    '`',
  ]),
  bend('what is new is not among the pending', 'test/dashboard/stats.test.ts', [
    'db/words.ts',
    "status === 'pending' ? ['new', 'pending'] : [status]",
    '[status]',
  ]),
  bend('a statement begins with all of a stage', 'test/db/plans.test.ts', [
    'db/words.ts',
    '(iif(${from} IS NULL, NULL, ${first}), ${rest})',
    '(${first}, ${rest})',
  ]),
  bend('a sweep’s claim begins with all that is pending', 'test/db/plans.test.ts', [
    'db/lifecycle/sweep.ts',
    'WHERE d.stage = due.stage AND',
    "WHERE d.stage = 'pending' AND",
  ]),
  bend('what is new is never overdue', HEALTH, [
    'db/views/health.ts',
    '${firstOfEach(PENDING, ofPending)} UNION ALL ${firstOfEach(NEW, ofNew)}',
    '${firstOfEach(PENDING, ofPending)}',
  ]),
  bend('what is new is not counted as due', HEALTH, [
    'db/views/health.ts',
    '${countDue(NEW, lapsedBy(at), countLimit)}',
    '0',
  ]),
  bend('the backlog leaves out what is new', OVERVIEW, [
    'db/views/overview.ts',
    "${open('new')} UNION ALL ${open('pending')}",
    "${open('pending')}",
  ]),
  bend('charts leave out what is new', 'test/dashboard/stats.test.ts', [
    'db/views/stats.ts',
    "${newest('new')} UNION ALL ${newest('pending')}",
    "${newest('pending')}",
  ]),
]
