// Tokens of portal links: how one is made, read, and digested for storage.
import { toBase64Url } from './bytes.ts'
import { digestOf } from './digest.ts'

const TOKEN_BYTES = 32
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const TOKEN_SHAPE = new RegExp(String.raw`^(${UUID})\.(${UUID})\.[A-Za-z0-9_-]{43}$`)

/** Makes a token: the org's id, by which its database is found, the link's id, and 32 random bytes in base64url. */
export function createPortalToken(orgId: string, linkId: string): string {
  return `${orgId}.${linkId}.${toBase64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)))}`
}

/** The org and the link that a text names, which its digest proves; undefined when it is no token. */
export function readPortalToken(text: string): { orgId: string; linkId: string } | undefined {
  const [, orgId, linkId] = TOKEN_SHAPE.exec(text) ?? []
  return orgId === undefined || linkId === undefined ? undefined : { orgId, linkId }
}

/** The token's digest, the only form that is stored; no session's, and no key's, is the same. */
export function digestOfPortalToken(token: string, pepper: string): Promise<string> {
  return digestOf(`portal ${token}`, pepper)
}
