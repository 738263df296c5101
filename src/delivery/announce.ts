// Telling what has happened to the service: of each notice an operational event, to its org and to the operator's.
import { TOLD_EACH } from '../db/notices/exhausted.ts'
import { listDisabled, markTold, type Notice } from '../db/notices/untold.ts'
import type { Transition } from '../db/transitions.ts'
import { explainFault } from '../errors.ts'
import { OPERATIONAL } from '../webhook/event-types.ts'
import type { World } from '../world.ts'
import { acceptEach, type Announced } from './accept.ts'

/**
 * Tells notices, each org's by itself, and marks them as told. What fails is logged, and stays for the next time: an
 * event is made once, by its key. Never throws.
 */
export async function tellNotices(world: World, notices: Notice[]): Promise<void> {
  for (const [orgId, own] of Map.groupBy(notices, (one) => one.orgId)) {
    try {
      for (const to of recipientsOf(world, orgId))
        await acceptEach(world, to, own.flatMap(toEvents))
      await markTold(world.store.of(orgId), orgId, own, world.now())
      world.log({ event: 'notices_told', org_id: orgId, count: own.length })
    } catch (error) {
      world.log({ event: 'notices_failed', org_id: orgId, error: explainFault(error) })
    }
  }
}

/** What an org is told at once: that an endpoint was disabled. All else can wait for the cron. */
export function hearOf(world: World, transitions: Transition[]): void {
  const orgs = transitions.flatMap((one) => (one.to === 'disabled' ? one.orgId : []))
  for (const orgId of new Set(orgs)) world.defer(tellDisabled(world, orgId))
}

async function tellDisabled(world: World, orgId: string): Promise<void> {
  const notices = await listDisabled(world.store.of(orgId), orgId).catch(() => [])
  await tellNotices(world, notices)
}

function recipientsOf({ config: { operatorOrgId } }: World, orgId: string): string[] {
  return operatorOrgId === undefined || operatorOrgId === orgId ? [orgId] : [orgId, operatorOrgId]
}

/** One, or of exhausted deliveries one each while these are few. */
function toEvents(notice: Notice): Announced[] {
  if (notice.type !== 'delivery.exhausted') return [toEvent(notice, notice.id, notice.data)]
  // The store lists them, each an object.
  const deliveries = JSON.parse(notice.data) as object[]
  const isFew = notice.count <= TOLD_EACH
  const groups = isFew ? deliveries.map((one) => [one]) : [deliveries]
  return groups.map((some, place) => {
    const count = isFew ? 1 : notice.count
    const data = { org_id: notice.orgId, endpoint_id: notice.about, count, deliveries: some }
    return toEvent(notice, `${notice.id}:${place}`, JSON.stringify(data))
  })
}

/** The same notice has the same key, whoever tells it; no request can bring such a key, which has a space. */
function toEvent({ orgId, type, about, at }: Notice, id: string, data: string): Announced {
  return {
    key: `notice ${orgId} ${id} ${at}`,
    event: {
      type,
      callId: OPERATIONAL,
      webhookUrl: null,
      created: Math.floor(at / 1000),
      call: data,
      aboutEndpointId: about ?? undefined,
    },
  }
}
