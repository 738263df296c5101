// A producer as the README asks for: one Idempotency-Key an event, and again until it is accepted.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeEvent, now, type Answer, type Client, type Org } from '../bench/harness/service.ts'

/** The first wait after a failure; it doubles up to the longest, and varies, as a polite producer's does. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

/** So often an event is sent at most: about a minute. */
const MAX_TRIES = 40

/** An event that was accepted: its one delivery, its call, when the 202 came (Unix ms), how often it was sent. */
export type Produced = { deliveryId: string; callId: string; acceptedAt: number; tries: number }

/** Sends events to whatever `client` answers at the time; each has one endpoint to go to. */
export function startProducer(client: () => Client, org: Org) {
  const accepted: Produced[] = []
  return {
    accepted: () => [...accepted],
    async produce(callId: string): Promise<Produced> {
      const produced = await sendUntilAccepted(client, org, callId)
      accepted.push(produced)
      return produced
    },
  }
}

async function sendUntilAccepted(
  client: () => Client,
  org: Org,
  callId: string,
): Promise<Produced> {
  const body = makeEvent(callId)
  const options = { token: org.key, body, headers: { 'Idempotency-Key': randomUUID() } }
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const answer = await client()('POST', '/v1/events', options).catch(() => undefined)
    if (answer?.status === 202) {
      return { deliveryId: idOf(answer), callId, acceptedAt: now(), tries }
    }
    if (answer && answer.status < 500) throw new Error(JSON.stringify(answer))
    await sleep(Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random()))
  }
  throw new Error(`an event was not accepted in ${MAX_TRIES} tries`)
}

function idOf({ body }: Answer): string {
  // A 202 names the deliveries that were made.
  const { deliveries } = body as { deliveries: { id: string }[] }
  if (deliveries.length !== 1) throw new Error(`${deliveries.length} deliveries for one endpoint`)
  return deliveries[0]?.id ?? ''
}
