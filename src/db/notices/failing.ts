// Noting what becomes of endpoints: that one is disabled, that it fails, that it has recovered.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'
import { isAway, type EndpointRef } from '../words.ts'
import { ENDPOINT_DATA, instantSql, isAnyTold, isTold, isWanted, note } from './note.ts'

/** SQL: notes those of the endpoints that were disabled at `now`, which is in this very transaction. */
export function noteDisabled(refs: EndpointRef[], now: number): SQL {
  const orgId = sql`ref.value->>'orgId'`
  return note(
    'endpoint.disabled',
    sql`${now}`,
    sql`
    SELECT ep.org_id, ep.id || ':' || ep.disabled_at AS id, ep.id AS about,
      json_object('org_id', ep.org_id, 'endpoint', ${ENDPOINT_DATA}) AS data
    FROM json_each(${JSON.stringify(refs)}) ref CROSS JOIN endpoints ep
    WHERE ${isWanted(orgId, 'endpoint.disabled', now)} AND ep.org_id = ${orgId}
      AND ep.id = ref.value->>'endpointId' AND ep.status = 'disabled' AND ep.disabled_at = ${now}`,
  )
}

/** An endpoint fails when its last attempt failed, and it has been unwell for so long, in ms. */
const FAILING_AFTER_MS = 60_000

/** Endpoints that one pass looks at, the latest to be unwell first. */
const MOST_UNWELL = 50

/** An endpoint that may be failing. */
export type Suspect = EndpointRef

/**
 * SQL: endpoints that are unwell for long enough, and are not noted. One that is itself told of the service is left
 * out: what is sent to it for that would make the next such event.
 */
export function selectSuspects(now: number): SQL {
  return sql`
    SELECT ep.org_id AS "orgId", ep.id AS "endpointId"
    FROM (SELECT 1 WHERE ${isAnyTold(now)}) CROSS JOIN endpoints ep INDEXED BY endpoints_unwell
    WHERE ep.unwell_since <= ${now - FAILING_AFTER_MS} AND ep.status = 'enabled' AND NOT ${isTold('ep')}
      AND ${isWanted(sql`ep.org_id`, 'endpoint.failing', now)} AND NOT ${isAway(sql`ep.org_id`)}
      AND NOT EXISTS (SELECT 1 FROM notices was WHERE was.org_id = ep.org_id
        AND was.id = 'endpoint.failing:' || ep.id)
    ORDER BY ep.unwell_since DESC LIMIT ${literal(MOST_UNWELL)}`
}

/** SQL: notes those that are unwell still as failing. It stays noted until they have recovered. */
export function noteFailing(failing: Suspect[], now: number): SQL {
  return note(
    'endpoint.failing',
    sql`${now}`,
    sql`
    SELECT ep.org_id, ep.id, ep.id AS about, json_object('org_id', ep.org_id, 'endpoint', ${ENDPOINT_DATA},
      'since', ${instantSql(sql`ep.unwell_since`)}) AS data
    FROM json_each(${JSON.stringify(failing)}) ref CROSS JOIN endpoints ep
    WHERE ep.org_id = ref.value->>'orgId' AND ep.id = ref.value->>'endpointId'
      AND ep.unwell_since IS NOT NULL AND ep.status = 'enabled'`,
  )
}

/** SQL condition: the notice `was` says that an endpoint fails, and was told. */
const WAS_FAILING: SQL = sql`was.type = 'endpoint.failing' AND was.told_at IS NOT NULL`

/** SQL: notes those that were told to be failing, and are well. */
export function noteRecovered(now: number): SQL {
  return note(
    'endpoint.recovered',
    sql`${now}`,
    sql`
    SELECT ep.org_id, ep.id || ':' || was.at AS id, ep.id AS about, json_object('org_id', ep.org_id,
      'endpoint', ${ENDPOINT_DATA}, 'since', was.data->>'since') AS data
    FROM notices was INDEXED BY notices_told CROSS JOIN endpoints ep
    WHERE ${WAS_FAILING} AND ep.org_id = was.org_id AND ep.id = was.about
      AND ep.status = 'enabled' AND ep.health = 'well' AND NOT ${isAway(sql`ep.org_id`)}`,
  )
}

/** SQL: forgets that they were failing, and of what is deleted, too. After `noteRecovered`, in its transaction. */
export function forgetFailing(): SQL {
  return sql`
    DELETE FROM notices WHERE (org_id, id) IN (
      SELECT was.org_id, was.id FROM notices was INDEXED BY notices_told
      LEFT JOIN endpoints ep ON ep.org_id = was.org_id AND ep.id = was.about
      WHERE ${WAS_FAILING} AND NOT ${isAway(sql`was.org_id`)}
        AND (ep.id IS NULL OR ep.status = 'enabled' AND ep.health = 'well'))`
}
