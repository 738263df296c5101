// Which client certificate an endpoint's receiver is shown: the operator names it, and nobody else.
import { bindingOf } from '../webhook/client-certificates.ts'
import type { Endpoint } from '../db/account/endpoints.ts'
import type { Actor } from '../db/audit.ts'
import { invalidRequest } from '../errors.ts'
import type { Telling } from '../delivery/transitions.ts'
import type { World } from '../world.ts'
import { applyChanges } from './endpoints.ts'

/** What of the world has the certificates that are bound. */
export type Certificates = Pick<World, 'certificates'>

/** @throws AppError `invalid_request` naming `client_certificate` for one that is not bound. */
export function requireBound({ certificates }: Certificates, name: string | null): void {
  if (name === null || certificates.has(name)) return
  const bound = [...certificates.keys()].toSorted().join(', ')
  const known = bound === '' ? 'none is bound' : `bound are: ${bound}`
  const message = `no client certificate ${name} is bound (${known}). Bind it as ${bindingOf(name)} in mtls_certificates of wrangler.toml, and deploy`
  throw invalidRequest([{ path: 'client_certificate', message }])
}

/**
 * Names the certificate that one endpoint's receiver is shown; null: none.
 * @throws AppError `not_found`, `invalid_request` for one that is not bound.
 */
export async function nameCertificate(
  world: Certificates & Telling & Pick<World, 'store' | 'now'>,
  actor: Actor,
  endpointId: string,
  name: string | null,
): Promise<Endpoint> {
  requireBound(world, name)
  return applyChanges(world, actor, endpointId, { clientCertificate: name })
}
