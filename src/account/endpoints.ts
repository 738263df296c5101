// Endpoints as both doors use them: created with a secret that is shown once, changed, deleted.
import type { Changing, EndpointChanges } from '../db/account/endpoint-changes.ts'
import {
  createEndpoint,
  MAX_LISTENED_TO,
  readKeptEndpoint,
  rotateEndpointSecret,
  updateEndpoint,
  type Endpoint,
  type KeptEndpoint,
} from '../db/account/endpoints.ts'
import type { Actor } from '../db/audit.ts'
import { findFirst, once, type Idempotency, type Once } from '../db/idempotency.ts'
import { dismissDisabling } from '../db/account/alerts.ts'
import { newId } from '../db/ids.ts'
import { deleteEndpoint } from '../db/lifecycle/delete-endpoint.ts'
import { openSecret, type SecretOpener } from '../delivery/attempt/open-secret.ts'
import { checkTarget, type TargetJudge } from '../delivery/send/refusal.ts'
import { tell, type Telling } from '../delivery/transitions.ts'
import { LISTEN_URL } from '../db/words.ts'
import { AppError, invalidRequest, notFound } from '../errors.ts'
import { dayIsFull } from '../quotas.ts'
import type { World } from '../world.ts'
import {
  decideHeaders,
  type AskedChanges,
  type DecidedChanges,
  type WantedHeaders,
} from './headers.ts'
import type { Metadata } from './schema.ts'
import { makeSecret } from './secrets.ts'

/** What a customer says of an endpoint. */
export type WantedEndpoint = Pick<Endpoint, 'url' | 'description' | 'enabledEvents'> & {
  /** Requests a second that it takes at most; null: as many as there are. */
  maxPerSecond?: number | null | undefined
  /** For how many seconds a delivery waits at most for the one before it of its call; null: there is no order. */
  orderingMaxWait?: number | null | undefined
}

/** The same of a new one; without a URL it is listened to, and nothing is sent anywhere. */
export type NewEndpoint = Omit<WantedEndpoint, 'url'> & {
  url: string | null
  headers?: WantedHeaders | undefined
  /** JSON text; null: it gets all that it is subscribed to. */
  filter: string | null
  metadata?: Metadata | null | undefined
  /** What its customer calls it: no other endpoint of the org. */
  externalId?: string | null | undefined
}

/** An endpoint and its newest secret in plain text, which is shown this once. */
export type WithSecret = { endpoint: Endpoint; plaintext: string }

/** What an endpoint is created with, beside itself; `host` is the one that this service was called by. */
type Asked = { host: string; idempotency?: Idempotency | undefined }

/**
 * Creates an endpoint. The same Idempotency-Key and request answer the same, secret included: the key is
 * looked up before the world outside is asked, which may answer otherwise by now.
 * @throws AppError `idempotency_key_reused`, `invalid_request` naming `url` or `headers`, `external_id_taken`,
 *   `endpoint_limit_reached`, `quota_exceeded`.
 */
export async function addEndpoint(
  world: SecretOpener & TargetJudge & Pick<World, 'config'>,
  actor: Actor,
  wanted: NewEndpoint,
  { host, idempotency }: Asked,
): Promise<Once<WithSecret>> {
  const again = await findFirst(world.store, idempotency, world.now(), readKeptEndpoint)
  if (again) return { answer: await openKept(world, again), isRepeated: true }
  if (wanted.url !== null) await checkTarget(world, wanted.url, host)
  const endpoint = await withHeaders(world, toNewEndpoint(actor.orgId, wanted, world.now()), wanted)
  const { secret, plaintext } = await makeSecret(world, actor.orgId, endpoint.id)
  const db = world.store.of(actor.orgId)
  const made = await createEndpoint(db, actor, endpoint, secret, idempotency)
  return once(
    made.first,
    (kept) => openKept(world, kept),
    () => {
      if (!made.endpoint && made.takenBy !== undefined) throw isTaken(made.takenBy)
      if (!made.endpoint && made.full)
        throw dayIsFull('endpoints_per_day', { ...made.full, now: world.now() })
      if (!made.endpoint) throw tooMany(wanted)
      return { endpoint: made.endpoint, plaintext }
    },
  )
}

/** How often a change is decided at most: anew whenever another change of the headers or the URL came in between. */
const MAX_DECISIONS = 5

/**
 * Changes an endpoint. A URL that it has already is judged at each attempt: a resolver that is down must
 * not refuse it here.
 * @throws AppError `invalid_request` naming `url` or `headers`, `not_found`, `external_id_taken`.
 */
export async function changeEndpoint(
  world: Telling & SecretOpener & Pick<World, 'config'> & TargetJudge,
  actor: Actor,
  current: Endpoint,
  { changes, host }: { changes: AskedChanges; host: string },
): Promise<Endpoint> {
  const { url } = changes
  if (url !== undefined && url !== current.url) {
    if (current.url === LISTEN_URL) throw invalidRequest([{ path: 'url', message: STAYS }])
    await checkTarget(world, url, host)
  }
  const entryId = newId(world.now())
  let found = current
  for (let decisions = 0; decisions < MAX_DECISIONS; decisions += 1) {
    const decided = await decideHeaders(world, found, changes)
    const endpoint = await apply(world, actor, current.id, decided.changes, {
      entryId,
      from: decided.from,
    })
    if (!isAnother(endpoint, decided)) return endpoint
    found = endpoint
  }
  throw new AppError('unavailable')
}

/** Whether the endpoint is neither what the change was decided by nor what it was to become: another one came in between. */
function isAnother({ url, headersSealed }: Endpoint, { changes, from }: DecidedChanges): boolean {
  if (changes.headers !== undefined && headersSealed === changes.headers.sealed) return false
  const isUrl = from.url === undefined || from.url === url || changes.url === url
  return from.headersSealed !== undefined && !(isUrl && from.headersSealed === headersSealed)
}

const STAYS = 'cannot be changed: the endpoint is listened to, and nothing is sent anywhere'

/** Changes an endpoint, whose new URL, if it is given one, was judged. @throws AppError `not_found`, `external_id_taken`. */
export async function applyChanges(
  world: Telling & Pick<World, 'store' | 'now'>,
  actor: Actor,
  id: string,
  changes: Omit<EndpointChanges, 'headers'>,
): Promise<Endpoint> {
  return apply(world, actor, id, changes, { entryId: newId(world.now()) })
}

async function apply(
  world: Telling & Pick<World, 'store' | 'now'>,
  actor: Actor,
  id: string,
  changes: EndpointChanges,
  changing: Omit<Changing, 'now'>,
): Promise<Endpoint> {
  const db = world.store.of(actor.orgId)
  const at = { ...changing, now: world.now() }
  const { endpoint, transitions, takenBy } = await updateEndpoint(db, actor, id, changes, at)
  tell(world, transitions)
  if (!endpoint) throw notFound('endpoint')
  if (takenBy !== undefined) throw isTaken(takenBy)
  return endpoint
}

/** Dismisses the alert of an endpoint that was disabled at that instant, in Unix ms. @throws AppError `not_found`. */
export async function dismissAlert(
  world: Pick<World, 'store' | 'now'>,
  actor: Actor,
  id: string,
  disabledAt: number,
): Promise<void> {
  const db = world.store.of(actor.orgId)
  const isThere = await dismissDisabling(db, actor, { id, disabledAt, now: world.now() })
  if (!isThere) throw notFound('endpoint')
}

/** Deletes an endpoint; its pending deliveries end with it. @throws AppError `not_found`. */
export async function removeEndpoint(
  world: Telling & Pick<World, 'store' | 'now'>,
  actor: Actor,
  id: string,
): Promise<void> {
  const db = world.store.of(actor.orgId)
  const { isDeleted, transitions } = await deleteEndpoint(db, actor, id, world.now())
  tell(world, transitions)
  if (!isDeleted) throw notFound('endpoint')
}

/**
 * Gives an endpoint a new secret; the ones before it go on signing for `overlapMs`. The same
 * Idempotency-Key and request answer the same secret.
 * @throws AppError `not_found`, `too_many_live_secrets`, `idempotency_key_reused`.
 */
export async function replaceSecret(
  world: SecretOpener,
  actor: Actor,
  id: string,
  { overlapMs, idempotency }: { overlapMs: number; idempotency?: Idempotency | undefined },
): Promise<Once<WithSecret>> {
  const { secret, plaintext } = await makeSecret(world, actor.orgId, id)
  const db = world.store.of(actor.orgId)
  const rotation = { now: world.now(), overlapMs, idempotency }
  const { endpoint, isRotated, first } = await rotateEndpointSecret(db, actor, id, secret, rotation)
  return once(
    first,
    (kept) => openKept(world, kept),
    () => {
      if (!endpoint) throw notFound('endpoint')
      if (!isRotated) throw new AppError('too_many_live_secrets')
      return { endpoint, plaintext }
    },
  )
}

/** The secret is kept, too, sealed, so that the first answer can be given again whole. */
async function openKept(
  world: SecretOpener,
  { endpoint, secret }: KeptEndpoint,
): Promise<WithSecret> {
  const { orgId, id: ownerId } = endpoint
  return { endpoint, plaintext: await openSecret(world, { orgId, ownerId, ...secret }) }
}

function isTaken(by: string): AppError {
  const message = `external_id: the endpoint ${by} has it. Choose another, or clear it there first: PATCH /v1/webhook_endpoints/${by} {"external_id":null}.`
  return new AppError('external_id_taken', { message })
}

/** An org has fewer that are listened to: the sentence says what there is to do. */
function tooMany({ url }: NewEndpoint): AppError {
  if (url !== null) return new AppError('endpoint_limit_reached')
  const message = `The organization has as many endpoints as it may have, ${MAX_LISTENED_TO} of which may be listened to. Delete one that is no longer used.`
  return new AppError('endpoint_limit_reached', { message })
}

async function withHeaders(
  world: SecretOpener & Pick<World, 'config'>,
  endpoint: Endpoint,
  { headers }: NewEndpoint,
): Promise<Endpoint> {
  const { changes } = await decideHeaders(world, endpoint, { headers })
  if (!changes.headers) return endpoint
  const { sealed, shown } = changes.headers
  return { ...endpoint, headersSealed: sealed, headersShown: shown }
}

/** What a new one is: nothing has happened to it. */
const WELL = {
  status: 'enabled',
  disabledReason: null,
  disabledAt: null,
  consecutiveFailures: 0,
  sweepAt: null,
  unwellSince: null,
  pace: null,
  nextSlotAt: null,
  freshFrom: null,
  dismissedAt: null,
  health: 'well',
} as const

function toNewEndpoint(
  orgId: string,
  {
    metadata = null,
    externalId = null,
    maxPerSecond = null,
    orderingMaxWait = null,
    ...wanted
  }: NewEndpoint,
  now: number,
): Endpoint {
  const { url, description, enabledEvents, filter } = wanted
  return {
    description,
    enabledEvents,
    orderingMaxWait,
    filter,
    maxPerSecond,
    metadata,
    externalId,
    headersSealed: null,
    headersShown: null,
    // The org's, as the store says.
    clientCertificate: null,
    url: url ?? LISTEN_URL,
    listener: url === null ? newId(now) : null,
    orgId,
    id: newId(now),
    ...WELL,
    createdAt: now,
    updatedAt: now,
  }
}
