// What the operator does to an org, once for an Idempotency-Key.
import { findFirst, noteKey, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import type { World } from '../world.ts'

/**
 * Has an act on an org done once for the operator's key. With one database the act keeps it. With several
 * the act keeps one of the org's own, in the same transaction where the org is, and goes with it when it
 * moves; the catalog notes that the key was used, so that it is refused for another request on any org.
 * @throws AppError `idempotency_key_reused`, and what the act throws.
 */
export async function onceForOperator<Answer>(
  { now, store }: Pick<World, 'now' | 'store'>,
  orgId: string,
  idempotency: Idempotency | undefined,
  act: (kept: Idempotency | undefined) => Promise<Once<Answer>>,
): Promise<Once<Answer>> {
  if (!idempotency || store.all.length === 1) return act(idempotency)
  await findFirst(store, idempotency, now(), () => true)
  // No key of the org's own has a space in it.
  const kept = { ...idempotency, scope: orgId, key: `operator ${idempotency.key}` }
  const done = await act(kept)
  await noteKey(store.catalog, { ...idempotency, token: newId(now()) }, now())
  return done
}
