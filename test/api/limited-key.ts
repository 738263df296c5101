// A key that lets do less than all.
import { env } from 'cloudflare:workers'
import type { Json, World } from '../world.ts'

/** A key with these scopes, named "limited", as the operator makes one; null is all of them. */
export async function makeLimitedKey(
  world: World,
  scopes: string[] | null,
  more: Json = {},
): Promise<string> {
  const path = `/admin/orgs/${world.orgId}/api_keys`
  const asked = { name: 'limited', scopes, ...more }
  return (await world.call('POST', path, asked, { key: env.ADMIN_TOKEN })).body.key
}
