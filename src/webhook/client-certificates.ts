// What a client certificate is called: by people, and in wrangler.toml.

/** What the names of their bindings begin with. */
export const CERTIFICATE_PREFIX = 'MTLS_'

/** What a certificate's name is made of. */
export const CERTIFICATE = /^[a-z0-9_]{1,50}$/

/** The same in words. */
export const CERTIFICATE_HINT = 'must be 1 to 50 small letters, digits and underscores'

/** What the binding of a certificate is called in wrangler.toml. */
export function bindingOf(name: string): string {
  return CERTIFICATE_PREFIX + name.toUpperCase()
}
