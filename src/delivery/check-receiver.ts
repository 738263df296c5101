// A check: what an endpoint's receiver gets wrong, found by requests that are in no log and make no delivery.
import { VaultError } from '../credentials/vault.ts'
import { findEndpoint, type Endpoint } from '../db/account/endpoints.ts'
import { newEventId, testIdOf } from '../db/ids.ts'
import { readOwner, toFirstAttempts, type Owner } from '../db/lifecycle/first-attempt.ts'
import { stoppedBy } from '../db/stopped.ts'
import { LISTEN_URL } from '../db/words.ts'
import { AppError, notFound } from '../errors.ts'
import { enforceLimit } from '../limits.ts'
import { OPERATIONAL } from '../webhook/event-types.ts'
import type { World } from '../world.ts'
import { findUnbound } from './attempt/certificate.ts'
import { PROBES, type Finding } from './attempt/findings.ts'
import { takeTurns } from './attempt/host-turns.ts'
import { probe, type Asked, type MakeProbe } from './attempt/probe.ts'
import { makeTest, usualType } from './test-event.ts'

/** What was sent, and what that shows. */
export type ReceiverCheck = { asked: Asked[]; findings: Finding[] }

/**
 * Tries an endpoint's receiver with a test event, be the endpoint enabled or not: rightly signed, and where that is
 * accepted with a wrong signature and an old timestamp. Nothing is stored; what may not be sent is a finding.
 * @throws AppError `not_found`, `rate_limited` after ten in a minute, `unavailable` where a secret does not open.
 */
export async function checkReceiver(
  world: World,
  orgId: string,
  endpointId: string,
): Promise<ReceiverCheck> {
  const db = world.store.of(orgId)
  const [endpoint, owner] = await Promise.all([
    findEndpoint(db, orgId, endpointId),
    readOwner(db, orgId, endpointId, world.now()),
  ])
  if (!endpoint) throw notFound('endpoint')
  await enforceLimit(world, 'redeliver', `check ${orgId} ${endpointId}`)
  // The service's own hosts do not read, or the endpoint has come only just now.
  if (!owner) throw new AppError('unavailable')
  const refusal = findHindrance(world, endpoint, owner)
  if (refusal) return { asked: [], findings: [refusal] }
  const makeProbe = probesOf(world, endpoint, owner)
  const turns = await takeTurns(world, PROBES.map(makeProbe))
  if (turns.refused.length > 0) return { asked: [], findings: [NO_TURN] }
  const checked = await probe(world, makeProbe).catch(tellUnopened)
  const failed = checked.findings.filter(({ isOk }) => !isOk).map(({ code }) => code)
  world.log({
    event: 'receiver_checked',
    org_id: orgId,
    endpoint_id: endpointId,
    failed: failed.join(' '),
  })
  return checked
}

/** What does not open was noted: whoever runs the service is told. @throws AppError `unavailable`, or all else as it was. */
function tellUnopened(error: unknown): never {
  if (!(error instanceof VaultError)) throw error
  const message =
    'Nothing was sent: the secret of the endpoint, or its headers, cannot be decrypted at present. Whoever runs the service is told; try again later.'
  throw new AppError('unavailable', { message, headers: { 'Retry-After': '60' } })
}

const NO_TURN: Finding = {
  code: 'no_turn',
  isOk: false,
  message:
    'Nothing was sent: the host has not shown yet that it wants webhooks, and has had as many this second as such a host gets. Check again in a moment.',
}

/** Why nothing is sent at all. */
function findHindrance(
  { certificates }: Pick<World, 'certificates'>,
  { url }: Endpoint,
  { stops, certificate }: Owner,
): Finding | undefined {
  if (url === LISTEN_URL) {
    const message =
      'The endpoint is listened to, and nothing is sent anywhere: there is no receiver to check.'
    return { code: 'address', isOk: false, message }
  }
  if (stoppedBy(url, stops) !== undefined) {
    const message =
      'Nothing was sent: whoever runs the service has stopped what goes there. Ask them why.'
    return { code: 'stopped', isOk: false, message }
  }
  const missing = findUnbound(certificates, { url, certificate })
  if (missing === undefined) return undefined
  const message = `Nothing was sent: the client certificate ${missing} that goes along is not at hand. Ask whoever runs the service to bind it.`
  return { code: 'certificate', isOk: false, message }
}

/** Each is the delivery of a test event of its own. */
function probesOf(
  { now, config: { apiVersion } }: Pick<World, 'now' | 'config'>,
  endpoint: Endpoint,
  owner: Owner,
): MakeProbe {
  const { orgId, id: endpointId, url } = endpoint
  const type = usualType(endpoint)
  return () => {
    const at = now()
    const { callId, call } = makeTest(type, orgId)
    const id = newEventId(at)
    const event = { id, type, callId, call, created: Math.floor(at / 1000) }
    const made = { id: testIdOf(id, callId === OPERATIONAL), endpointId, url }
    const owners = new Map([[endpointId, owner]])
    const [delivery] = toFirstAttempts({ orgId, now: at, apiVersion }, [event], [made], owners)
    if (!delivery) throw new Error('its event and its owner are both there')
    return delivery
  }
}
