// An org's twin, which follows it to another database: by a move of its own, begun before the org opens there.
import { isAtHome } from '../db/account/orgs.ts'
import { beginMove, settleTwinPlace, type Move } from '../db/move/ledger.ts'
import { markAwaited } from '../db/move/marks.ts'
import { idOfSide, sideOf } from '../db/sides.ts'
import type { World } from '../world.ts'
import type { Ends } from './copy.ts'

/**
 * Begins the move of the org's twin, in the moment in which the org is in neither of its databases: so nobody makes a twin
 * meanwhile, and from then on the new database knows that the twin is to come. Where there is none, the catalog is to say
 * nothing else of where one would be than of the org. Repeated, it does nothing more.
 */
export async function bringTwin(
  { now, store }: Pick<World, 'now' | 'store'>,
  ends: Ends,
  move: Move,
): Promise<void> {
  const { fromDatabase: from, toDatabase: to, askedBy } = move
  if (sideOf(move.orgId) === 'test') return
  const orgId = idOfSide(move.orgId, 'test')
  if (!(await isAtHome(ends.from, orgId))) {
    await settleTwinPlace(ends.catalog, move, orgId)
    return
  }
  const asked = { orgId, from, to, firstDatabase: store.all[0].name, askedBy, now: now() }
  const begun = await beginMove(ends.catalog, asked)
  if (begun?.phase === 'preparing') await markAwaited(ends.to, begun)
}
