// Idempotency-Key records: claimed in the same transaction as the act they guard, read to answer it again.
import { sql, type SQL } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import { statement, type Database } from './client.ts'
import type { Store } from './store.ts'

/** How long a key is remembered, in ms: a day, as the contract says. */
export const IDEMPOTENCY_TTL_MS = 24 * 3600 * 1000

/**
 * An Idempotency-Key as a request brings it: `scope` is whose key it is, an org's id or OPERATOR_SCOPE, and
 * `requestHash` the SHA-256 of what is asked.
 */
export type Idempotency = { scope: string; key: string; requestHash: string }

/** One use of it: `token` is this very request, whose own record is no earlier one's. */
type KeyUse = Idempotency & { token: string }

/** An answer, and whether it is an earlier request's, given again. */
export type Once<Answer> = { answer: Answer; isRepeated: boolean }

/** The operator's scope: the routes without an org have their keys there, and orgs are UUIDs. */
export const OPERATOR_SCOPE = 'operator'

/** What the key was first used for; `snapshot` is JSON text, enough to give the first answer again. */
export type IdempotencyRecord = { requestHash: string; token: string; snapshot: string }

/**
 * The parts of a transaction that acts once: the act's statements hold only while the key `isFree`; after
 * them `claim` remembers what they did, when its source (a query of one column, `snapshot`) gives a
 * row: an act that changed nothing keeps no key; `find` reads the record then, and `firstOf` takes from
 * it what an earlier request kept. `token` is this request: repeated after its answer was lost, it finds
 * its own record, and does nothing. Without a key it is free, and nothing is claimed or found.
 */
export function guardByKey(
  db: Database,
  request: Idempotency | undefined,
  { token, now }: { token: string; now: number },
) {
  const use = request && { ...request, token }
  return {
    isFree: use ? sql`NOT EXISTS (${selectKey(use, now)})` : sql`true`,
    claim: (source: SQL) => use && statement(db, claimKey(use, now, source)),
    find: use && statement<IdempotencyRecord>(db, selectKey(use, now)),
    /** @throws AppError `idempotency_key_reused` when the earlier request asked something else. */
    firstOf: <Kept>([record]: IdempotencyRecord[], read: Read<Kept>) =>
      use && readFirst(use, record, read),
  }
}

/**
 * The same for an act of several transactions, all with one token. Each holds only while the key `isMine`: free, or
 * this act's; and `note` remembers what it has come to so far, in the place of what it had come to before.
 */
export function guardSteps(
  db: Database,
  request: Idempotency | undefined,
  { token, now }: { token: string; now: number },
) {
  const { find, firstOf } = guardByKey(db, request, { token, now })
  const use = request && { ...request, token }
  return {
    isMine: use
      ? sql`NOT EXISTS (SELECT 1 FROM (${selectKey(use, now)}) AS k WHERE k.token <> ${token})`
      : sql`true`,
    note: (source: SQL) =>
      use &&
      statement(db, sql`${claimKey(use, now, source)} OR idempotency_keys.token = excluded.token`),
    find,
    firstOf,
  }
}

/** A key's use among several of one scope; `snapshot` is what to remember, or undefined for nothing. */
export type KeptUse = {
  key: string
  requestHash: string
  token: string
  snapshot?: string | undefined
}

/**
 * The same for several requests of one scope at once; of those with one key the first claims it. `claim`
 * goes before the acts, where the `condition` of all of them holds, and remembers what each is about to do. The statements of the acts then hold for
 * what `isMine` says of the members `key` and `token` of their JSON: there is no key, or it is claimed for
 * this token. `earlier` reads the records of those whose key is an earlier request's, and `earlierAnswers`
 * is a query of the elements that these keep, which must be lists.
 */
export function guardByKeys(
  db: Database,
  scope: string,
  kept: KeptUse[],
  now: number,
  condition: SQL,
) {
  const uses = usesOf(kept)
  const isEarlier = isEarlierUse(scope, now)
  return {
    claim: statement(db, claimKeys(scope, uses, now, condition)),
    isMine: (use: SQL) => sql`(${use}->>'key' IS NULL OR EXISTS (SELECT 1 FROM idempotency_keys k
      WHERE k.org_id = ${scope} AND k.key = ${use}->>'key' AND k.token = ${use}->>'token'))`,
    earlier: selectEarlier(db, uses, isEarlier),
    earlierAnswers: sql`SELECT s.value FROM ${uses} CROSS JOIN idempotency_keys k, json_each(k.snapshot) s
      WHERE ${isEarlier} AND k.request_hash = u.value->>'requestHash'`,
  }
}

/**
 * The same for acts that tell only when they are done what to remember; no two may have one key. The acts
 * hold for what `isFree` says of the member `key` of their JSON; after them `claim` remembers what its source
 * (a query of `token` and `snapshot`) has of each.
 */
export function guardByKeysAfter(db: Database, scope: string, kept: KeptUse[], now: number) {
  const uses = usesOf(kept)
  return {
    isFree: (use: SQL) => sql`NOT EXISTS (SELECT 1 FROM idempotency_keys k WHERE k.org_id = ${scope}
      AND k.key = ${use}->>'key' AND k.created_at > ${now - IDEMPOTENCY_TTL_MS})`,
    claim: (source: SQL) =>
      statement(
        db,
        insertClaims(
          sql`SELECT ${scope}, u.value->>'key', u.value->>'requestHash', s.token, s.snapshot, ${now}
            FROM ${uses} JOIN (${source}) AS s ON s.token = u.value->>'token' WHERE true`,
          now,
        ),
      ),
    earlier: selectEarlier(db, uses, isEarlierUse(scope, now)),
  }
}

function usesOf(kept: KeptUse[]): SQL {
  return sql`json_each(${describeUses(kept)}) u`
}

/** SQL condition: the record `k` is the key's of the use `u`, and an earlier request's. */
function isEarlierUse(scope: string, now: number): SQL {
  return sql`k.org_id = ${scope} AND k.key = u.value->>'key'
    AND k.token <> u.value->>'token' AND k.created_at > ${now - IDEMPOTENCY_TTL_MS}`
}

function selectEarlier(db: Database, uses: SQL, isEarlier: SQL) {
  return statement<IdempotencyRecord & { key: string }>(
    db,
    sql`SELECT k.key, k.request_hash AS "requestHash", k.token, k.snapshot
      FROM ${uses} CROSS JOIN idempotency_keys k WHERE ${isEarlier}`,
  )
}

// A snapshot goes in as the JSON it is: quoted, it could be six times as long (R5).
function describeUses(kept: KeptUse[]): string {
  const texts = kept.map(({ key, requestHash, token, snapshot }) => {
    const use = JSON.stringify({ key, requestHash, token })
    return snapshot === undefined ? use : `${use.slice(0, -1)},"snapshot":${snapshot}}`
  })
  return `[${texts.join(',')}]`
}

/** Reads what a key has kept, parsed already: whoever writes a snapshot has its reader. */
type Read<Kept> = (snapshot: unknown) => Kept

/**
 * What an earlier request with this key kept, asked before anything else is; undefined while the key is
 * free, or where there is none.
 * @throws AppError `idempotency_key_reused` when the earlier one asked something else.
 */
export async function findFirst<Kept>(
  store: Store,
  request: Idempotency | undefined,
  now: number,
  read: Read<Kept>,
): Promise<Kept | undefined> {
  if (!request) return undefined
  const { scope } = request
  const db = scope === OPERATOR_SCOPE ? store.catalog : store.of(scope)
  const [record] = await db.all<IdempotencyRecord>(selectKey(request, now))
  return readFirst(request, record, read)
}

/** Answers what acts once: from what the first request with its key kept, else from what this one did. */
export async function once<Kept, Answer>(
  first: Kept | undefined,
  answerAgain: (kept: Kept) => Answer | Promise<Answer>,
  answer: () => Answer,
): Promise<Once<Answer>> {
  return first === undefined
    ? { answer: answer(), isRepeated: false }
    : { answer: await answerAgain(first), isRepeated: true }
}

/**
 * What an earlier request kept in the record, if it is an earlier one's.
 * @throws AppError `idempotency_key_reused` when that asked something else.
 */
export function readFirst<Kept>(
  request: Idempotency & { token?: string },
  record: IdempotencyRecord | undefined,
  read: Read<Kept>,
): Kept | undefined {
  if (!record || record.token === request.token) return undefined
  if (record.requestHash !== request.requestHash) throw new AppError('idempotency_key_reused')
  return read(JSON.parse(record.snapshot))
}

/**
 * Notes that a key is used, unless it is, by an act that comes to the same when it is repeated at once: what it
 * keeps of its answer, or nothing when that is kept elsewhere.
 */
export async function noteKey(
  db: Database,
  use: KeyUse,
  now: number,
  kept: unknown = null,
): Promise<void> {
  await db.run(claimKey(use, now, sql`SELECT ${JSON.stringify(kept)} AS snapshot`))
}

/** The query for a key's record: one row, or none while it is free or forgotten. */
function selectKey({ scope, key }: Idempotency, now: number): SQL {
  return sql`SELECT request_hash AS "requestHash", token, snapshot FROM idempotency_keys
    WHERE org_id = ${scope} AND key = ${key} AND created_at > ${now - IDEMPOTENCY_TTL_MS}`
}

function claimKey({ scope, key, requestHash, token }: KeyUse, now: number, source: SQL): SQL {
  const claimed = sql`SELECT ${scope}, ${key}, ${requestHash}, ${token}, s.snapshot, ${now}
    FROM (${source}) AS s WHERE true`
  return insertClaims(claimed, now)
}

function claimKeys(scope: string, uses: SQL, now: number, condition: SQL): SQL {
  const claimed = sql`SELECT ${scope}, u.value->>'key', u.value->>'requestHash', u.value->>'token',
    u.value->'snapshot', ${now} FROM ${uses} WHERE u.value->'snapshot' IS NOT NULL AND ${condition}`
  return insertClaims(claimed, now)
}

function insertClaims(claimed: SQL, now: number): SQL {
  return sql`
    INSERT INTO idempotency_keys (org_id, key, request_hash, token, snapshot, created_at)
    ${claimed}
    ON CONFLICT (org_id, key) DO UPDATE SET
      request_hash = excluded.request_hash, token = excluded.token,
      snapshot = excluded.snapshot, created_at = excluded.created_at
    WHERE idempotency_keys.created_at <= ${now - IDEMPOTENCY_TTL_MS}`
}
