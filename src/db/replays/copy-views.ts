// The copies that a replay has sent, as customers see them.
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { deliveries } from '../schema.ts'
import { ANY_STAGE } from '../words.ts'
import { replayCopies } from './schema.ts'
import type { Replay } from './words.ts'

const SHOWN = {
  id: replayCopies.deliveryId,
  endpointId: replayCopies.endpointId,
  status: replayCopies.status,
  responseStatus: replayCopies.responseStatus,
  error: replayCopies.error,
  entry: replayCopies.entry,
  eventType: deliveries.eventType,
  callId: deliveries.callId,
}

/**
 * A copy, by its delivery's id. `endpointId` is '' of an inline delivery; `entry` is its attempt, as in a delivery's log, and null until
 * that is over. `eventType` and `callId` are its delivery's, and null when that was pruned.
 */
export type Copy = Pick<
  typeof replayCopies.$inferSelect,
  'endpointId' | 'status' | 'responseStatus' | 'error' | 'entry'
> & { id: string; eventType: string | null; callId: string | null }

/** One page, newest first; cursors are ids of deliveries. */
export async function listCopies(
  db: Database,
  { orgId, id }: Pick<Replay, 'orgId' | 'id'>,
  page: Page,
): Promise<Paged<Copy>> {
  const rows = await db
    .select(SHOWN)
    .from(replayCopies)
    .leftJoin(
      deliveries,
      and(
        eq(deliveries.orgId, replayCopies.orgId),
        sql`${deliveries.stage} IN ${ANY_STAGE}`,
        eq(deliveries.id, replayCopies.deliveryId),
      ),
    )
    .where(
      and(
        eq(replayCopies.orgId, orgId),
        eq(replayCopies.replayId, id),
        isBeyondCursor(replayCopies.deliveryId, page),
      ),
    )
    .orderBy(nearestFirst(replayCopies.deliveryId, page))
    .limit(rowsToRead(page))
  return toPage(rows, page)
}
