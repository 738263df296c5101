// Signing secrets opened; one that does not open is noted.
import { VaultError } from '../../credentials/vault.ts'
import type { SealedSecret } from '../../db/account/secrets.ts'
import { noteUndecryptableSecret } from '../../db/notices/expiring.ts'
import type { World } from '../../world.ts'

/** What of the world opening a secret takes. */
export type SecretOpener = Pick<World, 'defer' | 'log' | 'now' | 'store' | 'vault'>

/**
 * The secret in plain text. One that does not open is our fault: it is logged and shows in /healthz.
 * @throws VaultError when it does not open.
 */
export async function openSecret(world: SecretOpener, secret: SealedSecret): Promise<string> {
  const { orgId, ownerId, id, sealed } = secret
  try {
    return await world.vault.unseal(sealed, { orgId, ownerId, secretId: id })
  } catch (error) {
    if (error instanceof VaultError) noteUndecryptable(world, secret, error)
    throw error
  }
}

function noteUndecryptable(
  world: SecretOpener,
  secret: SealedSecret,
  { message }: VaultError,
): void {
  const { orgId, ownerId, id } = secret
  world.log({
    event: 'secret_undecryptable',
    org_id: orgId,
    owner_id: ownerId,
    secret_id: id,
    error: message,
  })
  world.defer(noteUndecryptableSecret(world.store.of(orgId), secret, world.now()))
}
