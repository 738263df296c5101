// The client certificate that a request shows, where the operator has named one for its endpoint.
import { bindingOf, CERTIFICATE, CERTIFICATE_PREFIX } from '../../webhook/client-certificates.ts'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { isSameOrigin } from '../../webhook/own-headers.ts'
import type { Fetch, World } from '../../world.ts'

/** What of the world has certificates, and the fetch that shows none. */
export type Certified = Pick<World, 'fetch' | 'certificates'>

/** A certificate that is named and not bound: a fault of ours, as nothing may be sent without it (A4). */
class UnboundCertificate extends Error {
  constructor(certificate: string) {
    const where = `bind it as ${bindingOf(certificate)} in mtls_certificates of wrangler.toml, or name another`
    super(`the client certificate ${certificate} is not bound: ${where}`)
  }
}

/**
 * The name of the certificate that goes along to a URL: to the endpoint's origin of now, and to no other (X11), as its
 * headers do; null for none. Plain HTTP has nobody who could be shown one.
 */
function certificateFor({
  url,
  certificate,
}: Pick<DeliveryToSend, 'url' | 'certificate'>): string | null {
  if (certificate === null || !isSameOrigin(url, certificate.endpointUrl)) return null
  return URL.parse(url)?.protocol === 'https:' ? certificate.name : null
}

/** The name of one that goes along to a URL and is not bound. */
export function findUnbound(
  certificates: World['certificates'],
  delivery: Pick<DeliveryToSend, 'url' | 'certificate'>,
): string | undefined {
  const name = certificateFor(delivery)
  return name === null || certificates.has(name) ? undefined : name
}

/** The fetch for a request. @throws UnboundCertificate. */
export function fetchFor(
  { fetch, certificates }: Certified,
  delivery: Pick<DeliveryToSend, 'url' | 'certificate'>,
): Fetch {
  const name = certificateFor(delivery)
  if (name === null) return fetch
  const showing = certificates.get(name)
  if (!showing) throw new UnboundCertificate(name)
  return showing
}

/** The name of the certificate that is bound so: undefined for another kind of binding, null for what makes no name. */
export function certificateBy(binding: string): string | null | undefined {
  if (!binding.startsWith(CERTIFICATE_PREFIX)) return undefined
  const name = binding.slice(CERTIFICATE_PREFIX.length).toLowerCase()
  return CERTIFICATE.test(name) ? name : null
}
