// Endpoints' headers as they are stored: sealed as a secret, whose owner and whose id is the endpoint.
import { sql, type SQL } from 'drizzle-orm'
import { isAway } from '../words.ts'

/** What headers are sealed for: they open for no other endpoint, and no secret has an endpoint's id. */
export function placeOfHeaders(orgId: string, endpointId: string) {
  return { orgId, ownerId: endpointId, id: endpointId }
}

/** New headers, sealed and as they are shown, null for none; `names` are those that the log says have changed. */
export type NewHeaders = { sealed: string | null; shown: string[] | null; names: string[] }

/** What the audit log has of new headers: their names. */
export function describeHeaders(shown: string[] | null): { headers?: string[] } {
  return shown === null ? {} : { headers: shown.map((line) => line.slice(0, line.indexOf(':'))) }
}

/** SQL: headers that are there, and the key that sealed them; written as the index `endpoints_by_key` has it, or it is not used. */
const HAS_HEADERS = sql`ep.headers_sealed IS NOT NULL`
const KEY_ID = sql`substr(ep.headers_sealed, 1, instr(ep.headers_sealed, '.') - 1)`

/** The query for headers of every org sealed under one key, behind a place, as `listSealedUnder` has secrets. */
export function selectHeadersUnder(keyId: string, isBehind: (place: SQL) => SQL): SQL {
  return sql`
    SELECT ep.org_id, ep.id, ep.id, ep.headers_sealed FROM endpoints ep
    WHERE ${HAS_HEADERS} AND ${KEY_ID} = ${keyId} AND ${isBehind(sql`ep.org_id, ep.id, ep.id`)}
      AND NOT ${isAway(sql`ep.org_id`)}`
}

/** SQL: one row for each endpoint whose headers a key before or behind this one has sealed. */
export function selectHeadersUnderOthers(keyId: string): SQL {
  return sql`
    SELECT 1 FROM endpoints ep WHERE ${HAS_HEADERS} AND ${KEY_ID} < ${keyId}
    UNION ALL SELECT 1 FROM endpoints ep WHERE ${HAS_HEADERS} AND ${KEY_ID} > ${keyId}`
}

/** SQL condition: the headers of the endpoint `ep` are what the replacement `r`, JSON, is for. */
const ARE_OLD = sql`ep.org_id = r.value->>'orgId' AND ep.id = r.value->>'ownerId'
  AND r.value->>'id' = r.value->>'ownerId' AND ep.headers_sealed = r.value->>'sealed'`

/** The query for whose headers these replacements, a JSON list, are: an org's id for each endpoint. */
export function selectOldHeaders(texts: string): SQL {
  return sql`SELECT ep.org_id FROM json_each(${texts}) r CROSS JOIN endpoints ep WHERE ${ARE_OLD}`
}

/** The statement that puts headers sealed anew in the place of the old, where those still stand. */
export function replaceHeaders(texts: string): SQL {
  return sql`
    UPDATE endpoints AS ep SET headers_sealed = r.value->>'resealed'
    FROM json_each(${texts}) r WHERE ${ARE_OLD}`
}
