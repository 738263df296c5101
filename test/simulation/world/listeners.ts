// Whoever listens to endpoints: takes what is offered to its receiver, and tells what came of it, twice.
import { answerOffer, listen } from '../../../src/delivery/listen.ts'
import type { Offer, Told } from '../../../src/delivery/attempt/offer.ts'
import { send } from '../../../src/delivery/send/send.ts'
import type { Outcome } from '../../../src/delivery/send/outcome.ts'
import type { World as EngineWorld } from '../../../src/world.ts'
import { LISTEN_URL } from '../model/rules.ts'
import type { Actor, MessageRef } from './history.ts'
import { homeOf } from './homes.ts'
import { ORG, type World } from './world.ts'

/** A client that hears nothing for so many looks goes, and comes again in some minute. */
const PATIENCE_LOOKS = 3

/** What is told is told twice; and once more after each error, so often in all. */
const TELLS = { usual: 2, most: 4, waitMs: 1000 }

/** What is offered: parked where somebody may listen. */
export const OFFERED = `SELECT d.endpoint_id AS id, min(d.next_attempt_at) AS due
  FROM deliveries d JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
  WHERE d.url = '${LISTEN_URL}' AND ep.status = 'enabled' AND d.stage = 'pending' AND d.sweep_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM departures away WHERE away.org_id = d.org_id AND away.state = 'gone')
  GROUP BY d.endpoint_id`

/** From now on somebody listens to all that there is to listen to. */
export async function beginToListen(world: World): Promise<void> {
  world.hasListeners = true
  const sql = `SELECT id FROM endpoints WHERE url = '${LISTEN_URL}' ORDER BY id`
  const rows = await world.backend.rows({ sql, values: [], database: homeOf(world.history) })
  for (const { id } of rows) hear(world, String(id))
}

/** Somebody comes to where anything is offered. */
export async function comeToListen(world: World): Promise<void> {
  const rows = await world.backend.rows({
    sql: OFFERED,
    values: [],
    database: homeOf(world.history),
  })
  for (const { id } of rows) hear(world, String(id))
}

function hear(world: World, endpointId: string): void {
  follow(world, world.actor('listener', 'consumer'), endpointId).catch(() => {})
}

async function follow(world: World, actor: Actor, endpointId: string): Promise<void> {
  const to = { orgId: ORG, endpointId }
  let quietLooks = 0
  for await (const heard of await listen(world.engine(actor), to)) {
    if ('end' in heard || quietLooks > PATIENCE_LOOKS) return
    for (const offer of heard.offers) void carry(world, actor, endpointId, offer)
    quietLooks = heard.offers.length > 0 ? 0 : quietLooks + 1
  }
}

/** A process of its own: what it says comes to the service as a request. */
async function carry(
  world: World,
  { readTx, readAt }: Actor,
  endpointId: string,
  offer: Offer,
): Promise<void> {
  const actor = world.actor('answer', 'consumer')
  Object.assign(actor, { messages: [refOf(offer)], readTx, readAt })
  const engine = world.engine(actor)
  const { headers, body, token } = offer
  const outcome = await send({ url: LISTEN_URL, headers, body, timeoutMs: 10_000 }, engine)
  await tell(world, engine, endpointId, { token, told: toTold(outcome) })
}

async function tell(
  { clock }: World,
  engine: EngineWorld,
  endpointId: string,
  { token, told }: { token: string; told: Told },
): Promise<void> {
  let toldTimes = 0
  for (let tries = 0; tries < TELLS.most && toldTimes < TELLS.usual; tries += 1) {
    const isTold = await answerOffer(engine, { orgId: ORG, endpointId }, token, told).then(
      () => true,
      () => false,
    )
    if (isTold) toldTimes += 1
    await clock.sleep(TELLS.waitMs)
  }
}

function toTold(outcome: Outcome): Told {
  const { durationMs } = outcome
  if (outcome.kind === 'response') {
    const { status, headers, body, retryAfter } = outcome
    const kept = retryAfter === null ? headers : { ...headers, 'retry-after': retryAfter }
    return { durationMs, status, headers: kept, body }
  }
  return { durationMs, error: { kind: outcome.kind, message: outcome.message } }
}

/** The simulated vault hides nothing. */
function refOf({ token }: Offer): MessageRef {
  // makeOffer wrote it, behind the place that it is sealed for.
  const kept = JSON.parse(token.slice(token.indexOf('} ') + 2)) as { delivery: MessageRef }
  return { id: kept.delivery.id, version: kept.delivery.version }
}
