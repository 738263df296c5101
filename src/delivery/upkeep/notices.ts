// Notices: what has happened to the service, and nobody has been told yet, is told.
import { collectFailing, collectNotices } from '../../db/notices/untold.ts'
import type { Suspect } from '../../db/notices/failing.ts'
import { readConditions } from '../../db/views/conditions.ts'
import type { Visited, World } from '../../world.ts'
import { tellNotices } from '../announce.ts'

/**
 * Collects what is to be told of a database's orgs, a bounded part at a time, and tells it. It may stop anywhere, be
 * run again, and overlap with itself: what is told twice is one event.
 */
export async function tellWhatHappened(world: World & Visited): Promise<void> {
  const hasOperator = world.config.operatorOrgId !== undefined
  const { untold, suspects } = await collectNotices(world.db, { now: world.now(), hasOperator })
  const failing = await findFailing(world, suspects)
  await tellNotices(world, [...untold, ...failing])
}

/** Of endpoints that are unwell those whose last attempt failed: the others are slow. */
async function findFailing(world: World, suspects: Suspect[]) {
  const found = []
  for (const [orgId, some] of Map.groupBy(suspects, (one) => one.orgId)) {
    const db = world.store.of(orgId)
    const conditions = await readConditions(db, orgId)
    const failing = some.filter(({ endpointId }) => conditions.get(endpointId) === 'failing')
    if (failing.length > 0) found.push(...(await collectFailing(db, orgId, failing, world.now())))
  }
  return found
}
