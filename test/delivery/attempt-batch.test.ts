// A batch's attempts when some destinations answer and others hang.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/delivery/engine.ts'
import { attemptBatch } from '../../src/delivery/attempt/attempt-batch.ts'
import { World } from '../world.ts'
import type { DeliveryToSend } from '../../src/db/engine/attempts.ts'
import { createSigningSecret } from '../../src/credentials/signing-secret.ts'

let engine: Engine
let inFlight: string[]
let mostInFlight: number
let hang: (url: string) => boolean

beforeEach(async () => {
  const world = await World.create()
  inFlight = []
  mostInFlight = 0
  hang = () => false
  engine = {
    ...(await world.engine()),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 50)),
    fetch: async (url) => {
      inFlight.push(url)
      mostInFlight = Math.max(mostInFlight, inFlight.length)
      await new Promise((resolve) => setTimeout(resolve, hang(url) ? 2000 : 1))
      inFlight.splice(inFlight.indexOf(url), 1)
      return new Response('ok')
    },
  }
})

async function sendable(endpointId: string, place: number) {
  const secretId = 'secret'
  const context = { orgId: 'org', ownerId: endpointId, secretId }
  const sealed = await engine.vault.seal(createSigningSecret(), context)
  const delivery: DeliveryToSend = {
    orgId: 'org',
    id: `${endpointId}-${place}`,
    version: 1,
    endpointId,
    eventType: 'call.completed',
    callId: 'call',
    url: `https://${endpointId}.example/${place}`,
    attemptCount: 0,
    isManual: 0,
    redeliveredBy: null,
    resumeAt: null,
    nextAttemptAt: 0,
    attemptsMade: 0,
    created: 0,
    apiVersion: '2026-04',
    call: '{}',
    endpointStatus: 'enabled',
    endpointDeletedAt: null,
    unwellSince: null,
    secrets: JSON.stringify([[secretId, sealed]]),
  }
  return { job: place, delivery }
}

function sendables(endpointId: string, count: number) {
  return Promise.all(Array.from({ length: count }, (_, place) => sendable(endpointId, place)))
}

describe('attemptBatch', () => {
  it('makes all attempts, six at a time', async () => {
    const result = await attemptBatch(engine, await sendables('well', 20))
    expect(result.settled).toHaveLength(20)
    expect(mostInFlight).toBe(6)
  })

  it('R2: serves the others while a destination hangs, and leaves it in flight', async () => {
    hang = (url) => url.includes('hanging')
    const batch = [...(await sendables('hanging', 10)), ...(await sendables('well', 10))]
    const result = await attemptBatch(engine, batch)
    expect(result.settled.map(({ record }) => record?.id)).toEqual(
      expect.arrayContaining(Array.from({ length: 10 }, (_, place) => `well-${place}`)),
    )
    expect(result.inFlight).toHaveLength(3)
    expect(result.postponed).toHaveLength(7)
    expect(
      (await Promise.all(result.inFlight.map(({ outcome }) => outcome))).map(
        ({ record }) => record?.status,
      ),
    ).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('never has more than six in flight, slow ones included', async () => {
    hang = (url) => url.includes('hanging')
    const batch = [
      ...(await sendables('hanging-a', 5)),
      ...(await sendables('hanging-b', 5)),
      ...(await sendables('well', 5)),
    ]
    const result = await attemptBatch(engine, batch)
    expect(mostInFlight).toBe(6)
    expect(result.inFlight).toHaveLength(6)
    expect(result.postponed).toHaveLength(9)
  })
})
