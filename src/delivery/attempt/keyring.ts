// The keys that deliveries are signed with, each secret opened once a batch.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { importSigningKey, type SigningKey } from '../../webhook/signature.ts'
import type { World } from '../../world.ts'
import { openSecret } from './open-secret.ts'

/**
 * Finds the keys of a delivery's owner, newest first.
 * @throws VaultError when one of its secrets does not open; nothing is ever signed with some of them.
 */
export type Keyring = (delivery: DeliveryToSend) => Promise<SigningKey[]>

/**
 * Makes a keyring for one batch: opening a secret costs more than signing with it, and a batch often has
 * many deliveries of one owner. It should not live longer: it holds secrets.
 */
export function createKeyring(world: World): Keyring {
  const opened = new Map<string, Promise<SigningKey[]>>()
  return function keysOf(delivery) {
    // The sealed texts are part of the name, so that secrets read at another time are others.
    const name = `${delivery.orgId} ${delivery.endpointId} ${delivery.secrets}`
    const keys = opened.get(name) ?? openKeys(world, delivery)
    opened.set(name, keys)
    return keys
  }
}

function openKeys(
  world: World,
  { orgId, endpointId, secrets }: DeliveryToSend,
): Promise<SigningKey[]> {
  // The query that read it makes exactly this: pairs of id and sealed secret.
  const sealed = JSON.parse(secrets) as [id: string, sealed: string][]
  return Promise.all(
    sealed.map(async ([id, text]) => {
      const secret = { orgId, ownerId: endpointId ?? orgId, id, sealed: text }
      return importSigningKey(await openSecret(world, secret))
    }),
  )
}
