// Signing secrets and headers of endpoints opened; what does not open is noted.
import { VaultError } from '../../credentials/vault.ts'
import type { SealedSecret } from '../../db/account/secrets.ts'
import { noteUndecryptableSecret } from '../../db/notices/expiring.ts'
import type { HeaderLine } from '../../webhook/own-headers.ts'
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

/** What sealHeaders has sealed. @throws VaultError as `openSecret` does. */
export async function openHeaders(
  world: SecretOpener,
  headers: SealedSecret,
): Promise<HeaderLine[]> {
  // sealHeaders wrote it, and nothing that was changed since opens.
  return JSON.parse(await openSecret(world, headers)) as HeaderLine[]
}

/** Seals headers for their endpoint. */
export function sealHeaders(
  { vault }: Pick<World, 'vault'>,
  { orgId, ownerId, id }: Omit<SealedSecret, 'sealed'>,
  lines: readonly HeaderLine[],
): Promise<string> {
  return vault.seal(JSON.stringify(lines), { orgId, ownerId, secretId: id })
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
