// P1–P6: what a receiver gets, and who can verify it.
import { OPERATIONAL } from '../../../src/webhook/event-types.ts'
import { eventIdOf } from '../../../src/db/ids.ts'
import type { Hmac } from '../outside/chance.ts'
import { plaintextIn } from '../outside/vault.ts'
import { callText, placeOf } from '../world/clients.ts'
import type { ClientCall, Post } from '../world/history.ts'
import { ORG } from '../world/world.ts'
import { callOf, idIn, type Check, type Evidence } from './evidence.ts'

/** Every request names the delivery's id in its body and in each header, and the delivery exists. */
export function P1(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter(({ body, headers }) => {
    // Whether it is JSON at all, and of this shape, is what is asked.
    const { id } = JSON.parse(body) as { id: string }
    const isSame = headers['webhook-id'] === id && headers['CallingBox-Event-Id'] === id
    return !isSame || evidence.statesOf('deliveries', id).length === 0
  })
  return wrong.map(idIn)
}

/** All requests of a delivery have the same bytes for a body. */
export function P2(evidence: Evidence): string[] {
  const bodies = new Map<string, string>()
  return evidence.requests.flatMap((post) => {
    const first = bodies.get(idIn(post)) ?? post.body
    bodies.set(idIn(post), first)
    return first === post.body ? [] : [idIn(post)]
  })
}

/** The body is the published envelope around the call, character for character as it was accepted. */
export function P3(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter((post) => {
    const [delivery] = evidence.statesOf('deliveries', idIn(post))
    const eventId = eventIdOf(String(delivery?.id))
    const event = evidence.changesOf('events').find(({ id }) => id === eventId)
    // What is said of the service is N1's.
    if (event?.row['listed_under'] === OPERATIONAL) return false
    if (!event || !callOf(evidence, event.row)) return true
    const { type, created } = event.row
    const head = `{"id":"${idIn(post)}","type":"${type}","created":${created},"api_version":"2026-04"`
    return (
      post.body !==
      `${head},"data":{"call":${callText(placeOf(event.row), evidence.run.schedule)}}}`
    )
  })
  return wrong.map(idIn)
}

/**
 * The signatures of a request are by exactly the secrets that were live when its consumer began, one
 * each, over the bytes that were sent.
 */
export function makeP4(hmac: Hmac): Check {
  return function P4(evidence) {
    const wrong = evidence.requests.filter((post) => {
      const [t = '', ...sent] = (post.headers['CallingBox-Signature'] ?? '').split(',')
      const message = encode(`${t.slice(2)}.${post.body}`)
      const live = liveSecrets(evidence, post)
      const expected = live.map((plaintext) => `v1=${toHex(hmac(encode(plaintext), message))}`)
      return sent.toSorted().join() !== expected.toSorted().join()
    })
    return wrong.map((post) => `${idIn(post)} has ${post.headers['CallingBox-Signature']}`)
  }
}

/** `t` is the second in which the request started, by the consumer's clock, and is the same in both schemes. */
export function P5(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter(({ headers, at, actor }) => {
    const second = String(Math.floor((at + actor.skewMs) / 1000))
    const t = headers['CallingBox-Signature']?.split(',')[0]
    return t !== `t=${second}` || headers['webhook-timestamp'] !== second
  })
  return wrong.map(idIn)
}

/**
 * When nothing moves any more, the newest secret of each owner is one that a customer was shown, and
 * always was if each of their calls was answered in the end: whose answer is lost, asks again.
 */
export function P6(evidence: Evidence): string[] {
  const { calls } = evidence.run.history
  const { endpoints, signing_secrets: secrets } = evidence.run.tables
  const shown = new Set(calls.flatMap(({ answer }) => secretsIn(answer?.value)))
  const isAnswered = ({ intention }: ClientCall): boolean =>
    calls.some((one) => one.intention === intention && one.answer !== undefined)
  const wrong = [ORG, ...endpoints.map(({ id }) => String(id))].filter((owner) => {
    const newest = secrets.find((row) => row['owner_id'] === owner && row['expires_at'] === null)
    if (newest && shown.has(plaintextIn(newest['sealed']))) return false
    const [made] = newest ? evidence.statesOf('signing_secrets', String(newest['id'])) : []
    const call = calls.find(({ actor }) => actor === made?.actor)
    return !newest || call === undefined || isAnswered(call)
  })
  return wrong.map((owner) => `nobody knows the secret of ${owner}`)
}

function liveSecrets(evidence: Evidence, { headers, readTx }: Post) {
  const delivery = evidence.rowAt('deliveries', headers['CallingBox-Event-Id'], readTx)
  const owner = delivery?.['endpoint_id'] ?? delivery?.['org_id']
  const read = evidence.run.history.operations.find(({ tx }) => tx === readTx)
  const now = read?.now ?? 0
  return [...evidence.rowsAt('signing_secrets', readTx).values()]
    .filter((row) => row['owner_id'] === owner)
    .filter((row) => row['expires_at'] === null || Number(row['expires_at']) > now)
    .map((row) => plaintextIn(row['sealed']))
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function secretsIn(value: unknown): string[] {
  // Creating and rotating answer one; other answers have no such member.
  const { plaintext } = (value ?? {}) as { plaintext?: string }
  return plaintext === undefined ? [] : [plaintext]
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
