// X10: where headers of an endpoint's own go along, and where not.
import { plaintextIn } from '../outside/vault.ts'
import type { Post } from '../world/history.ts'
import { OWN_HEADER, OWN_SECRET } from '../world/set-up.ts'
import { idIn, type Evidence } from './evidence.ts'

/**
 * A request has the headers of its endpoint, as that was when whoever sends it read it, exactly where it goes to the
 * endpoint's origin of then; and the log tells of it what anybody may know.
 */
export function X10(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter(
    (post) => (post.headers[OWN_HEADER] ?? null) !== expected(evidence, post),
  )
  return [
    ...wrong.map((post) => `${idIn(post)} went to ${post.url} with ${post.headers[OWN_HEADER]}`),
    ...toldIn(evidence).map((id) => `${id} has headers uncovered in its log`),
  ]
}

function expected(evidence: Evidence, { headers, url, readTx }: Post): string | null {
  const delivery = evidence.rowAt('deliveries', headers['CallingBox-Event-Id'], readTx)
  const endpoint = evidence.rowAt('endpoints', delivery?.['endpoint_id'], readTx)
  const sealed = endpoint?.['headers_sealed'] ?? null
  if (endpoint === undefined || sealed === null) return null
  if (new URL(String(endpoint['url'])).origin !== new URL(url).origin) return null
  // setUp sealed it, for one header.
  const [[, value]] = JSON.parse(plaintextIn(sealed)) as [[string, string]]
  return value
}

function toldIn(evidence: Evidence): string[] {
  const told = evidence.deliveries.filter((row) =>
    JSON.stringify(evidence.logOf(row)).includes(OWN_SECRET),
  )
  return told.map(({ id }) => String(id))
}
