// What first attempts need and intake does not know: answered by the transaction that stores their deliveries.
import { sql, type SQL } from 'drizzle-orm'
import { listOwnHosts } from '../account/own-hosts.ts'
import { selectLive, type SealedSecret } from '../account/secrets.ts'
import type { Database } from '../client.ts'
import { eventIdOf } from '../ids.ts'
import { listStops } from '../stopped.ts'
import { readStored } from '../stored-json.ts'
import type { NewEvent } from './accept.ts'
import {
  CERTIFICATE_OF_ENDPOINT,
  HEADERS_OF_ENDPOINT,
  IS_ORDERED,
  readCertificate,
  readHeaders,
  readSecrets,
  readStops,
  StoredHosts,
  type DeliveryToSend,
} from './consume.ts'

/** Who signs deliveries: an endpoint, or the org for those to the URLs of calls, which have none. */
export type Owner = Pick<
  DeliveryToSend,
  | 'endpointId'
  | 'unwellSince'
  | 'pace'
  | 'maxPerSecond'
  | 'stops'
  | 'headers'
  | 'certificate'
  | 'isOrdered'
> & {
  secrets: readonly SealedSecret[]
  ownHosts: readonly string[]
}

/** As the query answers it. */
export type OwnerRow = Omit<
  Owner,
  'secrets' | 'ownHosts' | 'stops' | 'headers' | 'certificate' | 'isOrdered'
> &
  Record<'secrets' | 'ownHosts' | 'stops', string> &
  Record<'headers' | 'certificate', string | null> & { isOrdered: number }

/** An event as it was stored; `created` is in Unix seconds. */
type StoredEvent = Pick<NewEvent, 'id' | 'type' | 'callId' | 'created' | 'call' | 'trace'>

/** A delivery that was just created. */
type Created = { id: string; endpointId: string | null; url: string }

/**
 * The query for the owners of what was just created: endpoints that match the condition on `ep`, each once,
 * and the org itself where there are URLs of calls.
 */
export function selectOwners(orgId: string, matches: SQL, hasInline: boolean, now: number): SQL {
  return selectWho(orgId, sql`ep.status = 'enabled' AND ${matches}`, hasInline, now)
}

/** One endpoint, whatever its status, as first attempts take it; undefined where it is not there, or nothing may be sent. */
export async function readOwner(
  db: Database,
  orgId: string,
  endpointId: string,
  now: number,
): Promise<Owner | undefined> {
  const rows = await db.all<OwnerRow>(selectWho(orgId, sql`ep.id = ${endpointId}`, false, now))
  return readOwners(orgId, rows).get(endpointId)
}

function selectWho(orgId: string, which: SQL, hasInline: boolean, now: number): SQL {
  const live = selectLive({ orgId: sql`${orgId}`, ownerId: sql`owner.id` }, now)
  const org = sql`UNION ALL SELECT ${orgId}, NULL, NULL, NULL, NULL, NULL, 0, NULL`
  return sql`
    SELECT owner.endpoint_id AS "endpointId", owner.unwell_since AS "unwellSince", owner.pace, owner.headers,
      owner.max_per_second AS "maxPerSecond",
      owner.is_ordered AS "isOrdered", owner.certificate,
      (SELECT json_group_array(json_array(live.id, live.sealed)) FROM (${live}) AS live) AS secrets,
      (${listOwnHosts()}) AS "ownHosts", ${listStops(sql`${orgId}`)} AS stops
    FROM (
      SELECT ep.id, ep.id AS endpoint_id, ep.unwell_since, ep.pace, ep.max_per_second, ${HEADERS_OF_ENDPOINT} AS headers, ${IS_ORDERED} AS is_ordered,
        ${CERTIFICATE_OF_ENDPOINT} AS certificate
      FROM endpoints ep
      WHERE ep.org_id = ${orgId} AND ${which}
      ${hasInline ? org : sql``}) owner`
}

/**
 * Reads what the query answers, by endpoint. None where our own hosts do not read: nothing can be sent then,
 * it might go to one of them (X5), and what is stored is stored.
 */
export function readOwners(orgId: string, rows: OwnerRow[]): Map<string | null, Owner> {
  const [first] = rows
  const ownHosts = first && readStored(first.ownHosts, StoredHosts.optional(), undefined)
  if (!ownHosts) return new Map()
  return new Map(
    rows.map((row) => [
      row.endpointId,
      {
        ...row,
        secrets: readSecrets({ ...row, orgId }),
        headers: readHeaders({ ...row, orgId }),
        isOrdered: row.isOrdered === 1,
        certificate: readCertificate(row),
        ownHosts,
        stops: readStops(row.stops),
      },
    ]),
  )
}

/** Puts together the first attempts of what was just created, and has not to wait, as the consumer would have read them. */
export function toFirstAttempts(
  { orgId, now, apiVersion }: { orgId: string; now: number; apiVersion: string },
  events: StoredEvent[],
  created: Created[],
  owners: Map<string | null, Owner>,
  waiting: ReadonlySet<string> = new Set(),
): DeliveryToSend[] {
  const byId = new Map(events.map((event) => [event.id, event]))
  return created.flatMap(({ id, endpointId, url }) => {
    const event = byId.get(eventIdOf(id))
    const owner = owners.get(endpointId)
    if (!event || !owner || waiting.has(id)) return []
    const { type: eventType, callId, created: createdS, call, trace = null } = event
    const about = {
      orgId,
      id,
      version: 1,
      endpointId,
      url,
      eventType,
      callId,
      call,
      trace,
      apiVersion,
    }
    const endpointStatus = endpointId === null ? null : ('enabled' as const)
    const due = { created: createdS, nextAttemptAt: now, endpointStatus }
    return [{ ...FIRST, ...about, ...owner, ...due }]
  })
}

/** What is the same of all. */
const FIRST = {
  attemptCount: 0,
  manualRetryCount: 0,
  isManual: false,
  redeliveredBy: null,
  resumeAt: null,
  attemptsMade: 0,
  waitingFor: null,
} as const
