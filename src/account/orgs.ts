// Orgs as the operator has them: made where there is room, and listed wherever they are.
import {
  claimOrg,
  createOrg,
  listOrgs as listIn,
  updateOrg,
  type Org,
  type OrgChanges,
  type OrgState,
} from '../db/account/orgs.ts'
import { deleteOrg, isUnderWay } from '../db/account/delete-org.ts'
import type { Actor } from '../db/audit.ts'
import type { Database } from '../db/client.ts'
import type { Idempotency, Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { mergePages, type Page, type Paged } from '../db/page.ts'
import { idOfSide, refuseTwin, sideOf } from '../db/sides.ts'
import { bytesIn } from '../db/size.ts'
import { AppError, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { requireBound, type Certificates } from './certificates.ts'
import { makeSecret } from './secrets.ts'

/** What of the world orgs are made in. */
type Making = Pick<World, 'now' | 'store' | 'vault'>

/** Names the operator in an org. */
type NameActor = (orgId: string) => Actor

/**
 * Creates an org with its default secret, once for an Idempotency-Key, in the database with most room.
 * @throws AppError `idempotency_key_reused`; `unavailable` when no database is in reach, or the catalog
 * is not.
 */
export async function addOrg(
  world: Making,
  actorOf: NameActor,
  name: string,
  idempotency: Idempotency | undefined,
): Promise<Once<Org>> {
  const createdAt = world.now()
  const org = { id: newId(createdAt), name, createdAt }
  const { catalog, all } = world.store
  if (all.length > 1) return addPlaced(world, actorOf, org, idempotency)
  const { secret } = await makeSecret(world, org.id, org.id)
  const first = await createOrg(catalog, actorOf(org.id), org, secret, idempotency)
  return { answer: first ?? org, isRepeated: first !== undefined }
}

/** A page of all orgs, without their twins, newest first. @throws when a database is out of reach: a part of them would pass for all. */
export async function listOrgs({ all }: World['store'], page: Page): Promise<Paged<Org>> {
  return mergePages(await Promise.all(all.map(({ db }) => listIn(db, page))), page)
}

/**
 * Deletes an org: its keys, sessions and links end at once, and nothing of it is sent any more. What is left of it the cron deletes.
 * Its twin is deleted before it, so that a repetition finds what was cut off in between; repeated while the data goes it is
 * answered the same.
 * @throws AppError `not_found`, `move_under_way`; `invalid_request` for a twin, which goes with its org.
 */
export async function removeOrg(
  { now, store }: Pick<World, 'now' | 'store'>,
  actor: Actor,
  orgId: string,
): Promise<void> {
  refuseTwin(orgId, 'deleted')
  const twinId = idOfSide(orgId, 'test')
  const underWay = await Promise.all([orgId, twinId].map((id) => isUnderWay(store.catalog, id)))
  if (underWay.includes(true)) throw new AppError('move_under_way')
  await deleteIn(store.ofBoth(orgId), actor, twinId, now())
  const outcome = await deleteIn(store.of(orgId), actor, orgId, now())
  if (outcome === 'missing') throw notFound('organization')
}

/**
 * Changes an org, and answers it as it is then. Its twin, if it has one, is renamed, stopped and given a client certificate
 * alike, after it: one that is made meanwhile begins as the org is. Quotas each side has for itself. Repeated, it does what
 * was cut off.
 * @throws AppError `not_found`; `invalid_request` for a certificate that is not bound, and for a twin's name, stop or
 *   certificate, which are its org's; `unavailable` where the twin is not with it for a while, after the org was changed.
 */
export async function changeOrg(
  world: Certificates & Pick<World, 'now' | 'store'>,
  actor: Actor,
  changes: OrgChanges,
): Promise<OrgState> {
  const { now, store } = world
  const { orgId } = actor
  const { name, sending, clientCertificate } = changes
  requireBound(world, clientCertificate ?? null)
  if (changes.name !== undefined) refuseTwin(orgId, 'renamed', 'name')
  if (changes.sending) refuseTwin(orgId, 'stopped', 'sending')
  if (clientCertificate !== undefined) {
    refuseTwin(orgId, 'given a client certificate', 'client_certificate')
  }
  const org = await updateOrg(store.of(orgId), actor, changes, now())
  if (!org) throw notFound('organization')
  if (sideOf(orgId) === 'live') {
    const twinId = idOfSide(orgId, 'test')
    const twin = { ...actor, orgId: twinId }
    await updateOrg(store.ofBoth(orgId), twin, { name, sending, clientCertificate }, now())
  }
  return org
}

async function deleteIn(db: Database, actor: Actor, orgId: string, now: number) {
  const outcome = await deleteOrg(db, actor, orgId, now)
  if (outcome === 'moving') throw new AppError('move_under_way')
  return outcome
}

/**
 * The catalog says where, before the org is there: cut off in between, a repetition with the same key
 * finds the org that the first one named, and makes what is missing of it.
 */
async function addPlaced(
  world: Making,
  actorOf: NameActor,
  org: Org,
  idempotency: Idempotency | undefined,
): Promise<Once<Org>> {
  const { store } = world
  const first = await claimOrg(store, org, await findRoomiest(store), idempotency)
  const made = first ?? org
  const { secret } = await makeSecret(world, made.id, made.id)
  await createOrg(store.of(made.id), actorOf(made.id), made, secret, undefined)
  return { answer: made, isRepeated: first !== undefined }
}

/** The name of the smallest database; those out of reach are full for now. */
async function findRoomiest({ all }: World['store']): Promise<string> {
  const sizes = await Promise.all(
    all.map(async ({ name, db }) => ({ name, bytes: await bytesIn(db).catch(() => undefined) })),
  )
  const [roomiest] = sizes
    .flatMap(({ name, bytes }) => (bytes === undefined ? [] : [{ name, bytes }]))
    .toSorted((a, b) => a.bytes - b.bytes)
  if (!roomiest) throw new AppError('unavailable', { headers: { 'Retry-After': '2' } })
  return roomiest.name
}
