// The calls of events that are known by their ids, for what looks into them.
import { sql } from 'drizzle-orm'
import { literal, type Database } from './client.ts'
import { NO_CALL, unpackCall } from './packed-call.ts'

/** Bytes of calls, as they are stored, that are read at once, at most. */
const MOST_BYTES = 4_000_000

/** Which event: by its id, and the call that it is about. */
export type EventRef = { id: string; callId: string }

/**
 * The calls' JSON texts by the events' ids, in the order given, until they are too many bytes, 15 of the longest at
 * least; null where a payload was deleted, or does not read.
 */
export async function readCalls(
  db: Database,
  orgId: string,
  refs: EventRef[],
): Promise<Map<string, string | null>> {
  const rows = await db.all<{ id: string; callId: string; call: string }>(sql`
    SELECT id, call_id AS "callId", call FROM (
      SELECT ev.id, coalesce(ev.call_id, ev.listed_under) AS call_id, ev.call,
        sum(octet_length(ev.call)) OVER (ORDER BY e.key) AS bytes
      FROM json_each(${JSON.stringify(refs.map(({ id, callId }) => ({ id, callId })))}) e CROSS JOIN events ev
      WHERE ev.org_id = ${orgId} AND ev.listed_under IN ('', lower(e.value->>'callId'))
        AND ev.id = e.value->>'id')
    WHERE bytes <= ${literal(MOST_BYTES)}`)
  return new Map(rows.map(({ id, callId, call }) => [id, readCall(call, callId)]))
}

function readCall(stored: string, callId: string): string | null {
  return stored === NO_CALL ? null : unpackCall(stored, callId)
}
