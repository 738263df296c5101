// Bugs in how the two sides of an org are kept apart, and in what is done to both.
import { bend, without, type Mutant } from './mutant.ts'

const KEYS = 'test/api/test-keys.test.ts'
const TWIN = 'test/move/twin.test.ts'
const PAGES = 'test/dashboard/sides.test.ts'

/** Mutants of this part. */
export const SIDE_MUTANTS: Mutant[] = [
  without('refusing to stop a twin alone', KEYS, [
    'account/orgs.ts',
    "  if (changes.sending) refuseTwin(orgId, 'stopped', 'sending')\n",
    '',
  ]),
  bend('a test key belongs to the live side', KEYS, [
    'account/keys.ts',
    'const orgId = idOfSide(actor.orgId, mode)',
    'const orgId = actor.orgId',
  ]),
  bend('a test key makes live keys', KEYS, [
    'account/keys.ts',
    "if (own === 'live' || wanted !== 'live')",
    "if (own !== wanted || wanted !== 'live')",
  ]),
  bend('a twin is not stopped with its org when it is made', KEYS, [
    'db/account/twins.ts',
    'AND ${isNew}',
    'AND false AND ${isNew}',
  ]),
  without('asking whether a twin is being deleted', KEYS, [
    'db/account/twins.ts',
    ' AND NOT ${isDeleted(twinId)}',
    '',
  ]),
  without('the note in the live log that a test key was made', KEYS, [
    'db/account/api-keys.ts',
    '{ ...pair, third: auditIf(db, JUST_CHANGED, actor, change) }',
    'pair',
  ]),
  without('the deletion of a twin', KEYS, [
    'account/orgs.ts',
    'await deleteIn(store.ofBoth(orgId), actor, twinId, now())',
    '',
  ]),
  bend('twins are listed as orgs', KEYS, [
    'db/account/orgs.ts',
    'isLiveSide(sql`${orgs.id}`), ',
    '',
  ]),
  without('the move of a twin', TWIN, [
    'move/carry-on.ts',
    'await bringTwin(world, ends, move)',
    '',
  ]),
  without('the mark that a twin is still to come', TWIN, [
    'move/twin.ts',
    "if (begun?.phase === 'preparing') await markAwaited(ends.to, begun)",
    '',
  ]),
  without('asking whether a twin has yet to follow', TWIN, [
    'db/catalog.ts',
    'AND NOT EXISTS (SELECT 1 FROM orgs WHERE id = ${twinId})',
    '',
  ]),
  bend('a twin is placed where its org was', TWIN, [
    'move/twin.ts',
    'await settleTwinPlace(ends.catalog, move, orgId)',
    'void settleTwinPlace',
  ]),
  without('what tells the first database that a twin is elsewhere', TWIN, [
    'db/catalog.ts',
    "SELECT p.org_id, 'gone' FROM placements p WHERE p.org_id = ${twinId}",
    "SELECT p.org_id, 'gone' FROM placements p WHERE p.org_id = ${twinId} AND false",
  ]),
  without('the badge of test data', PAGES, [
    'dashboard/ui/layout.tsx',
    "sideOf(orgId) === 'test' ? <Badge",
    "sideOf(orgId) === 'live' ? null : false ? <Badge",
  ]),
]
