// Bugs in what keeps the service from growing, and one org from standing in another's way.
import { bend, without, type Mutant } from './mutant.ts'

const TURNS = 'test/delivery/turns.test.ts'
const DELETED = 'test/journeys/deleted-endpoints.test.ts'
const BOUNDED = 'test/bounded-map.test.ts'
const PRUNING = 'test/delivery/upkeep/pruning.test.ts'

/** Mutants of this room. */
export const GROWTH: Mutant[] = [
  bend('growth: a round of the sweep is for one org', TURNS, [
    'db/lifecycle/turns.ts',
    '% size LIMIT ${limit})',
    '% size LIMIT 1)',
  ]),
  bend('growth: each round begins with the same orgs', TURNS, [
    'db/lifecycle/turns.ts',
    '(place - 1 + ${round.round} * ${limit}) % size',
    '(place - 1) % size',
  ]),
  bend('growth: a sweep ends though an org has more', TURNS, [
    'db/lifecycle/sweep.ts',
    'sizes.every((size) => size < Math.floor(limit / sizes.length))',
    'sizes.every((size) => size < limit)',
  ]),
  bend('growth: a batch sends one org after the other', TURNS, [
    'delivery/turns.ts',
    'a.turn - b.turn',
    '0 * (a.turn - b.turn)',
  ]),
  without('growth: a bound of what an isolate keeps in mind', BOUNDED, [
    'bounded-map.ts',
    '    if (oldest !== undefined) this.delete(oldest)\n',
    '',
  ]),
  bend('growth: what is in use makes room', BOUNDED, [
    'bounded-map.ts',
    '    this.delete(key)\n',
    '    if (this.has(key)) return super.set(key, value)\n',
  ]),
  bend('growth: deleting the org’s id deletes its secret', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    'AND owner_id = ${id} AND ${isDeletedSql(orgId, id)}`',
    'AND owner_id = ${id}`',
  ]),
  without('growth: the sweep ending what a deletion left', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    'THEN ${now} END',
    'THEN NULL END',
  ]),
  without('growth: redeliver asking whether the endpoint is there', DELETED, [
    'db/lifecycle/redeliver.ts',
    'AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep',
    'AND (true OR EXISTS (SELECT 1 FROM endpoints ep',
  ]),
  without('growth: forgetting a deleted endpoint with its last delivery', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    'AND gone.sweep_at IS NULL AND NOT ${HAS_OLD})`',
    'AND false)`',
  ]),
  bend('growth: a run of pruning is one round', PRUNING, [
    'delivery/upkeep/retention.ts',
    'if (pruned === 0) return { count, isFailed: false }',
    'break',
  ]),
  bend('growth: pruning gives all to one org', PRUNING, [
    'db/lifecycle/retention.ts',
    'LIMIT ${literal(limit)})`\n}\n\n/** What each',
    'LIMIT 1)`\n}\n\n/** What each',
  ]),
  bend('growth: a kind of pruning that fails stops the others', PRUNING, [
    'delivery/upkeep/retention.ts',
    "world.log({ event: 'prune_failed', kind, error: explainFault(error) })",
    'throw error',
  ]),
  bend('growth: what is pending past the first thousand never ends', DELETED, [
    'db/lifecycle/sweep.ts',
    'statement<Moved>(db, endOfDeleted(rules)),',
    'statement<Moved>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('growth: a round ends one delivery of each deleted endpoint', DELETED, [
    'db/lifecycle/delete-endpoint.ts',
    'LIMIT (SELECT ${literal(limit)} / count(*) FROM ${due(now)})',
    'LIMIT 1',
  ]),
  bend('growth: a sweep ends though deletions left more', DELETED, [
    'db/lifecycle/sweep.ts',
    '!deleted.some((one) => one.isPending)',
    'true',
  ]),
]
