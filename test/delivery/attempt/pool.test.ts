// A set's attempts when some destinations answer and others hang.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
import { createSigningSecret } from '../../../src/credentials/signing-secret.ts'
import type { Vault } from '../../../src/credentials/vault.ts'
import type { SealedSecret } from '../../../src/db/account/secrets.ts'
import { attemptUuid, instantOf } from '../../../src/db/ids.ts'
import type { DeliveryToSend } from '../../../src/db/lifecycle/consume.ts'
import { attemptAll } from '../../../src/delivery/attempt/pool.ts'
import { SLOW_MS } from '../../../src/delivery/attempt/watch.ts'
import { INVOCATION_MS, startWindowMs, WRITING_MS } from '../../../src/delivery/attempt/window.ts'
import { LOOKUP_TIMEOUT_MS } from '../../../src/delivery/send/resolve.ts'
import type { World as EngineWorld } from '../../../src/world.ts'
import { World } from '../../world.ts'

let world: World
let engine: EngineWorld
let inFlight: string[]
let mostInFlight: number
let hang: (url: string) => boolean

/** How much faster than real time the engine's clock goes. */
const HASTE = 10

beforeEach(async () => {
  world = await World.create()
  const began = Date.now()
  inFlight = []
  mostInFlight = 0
  hang = () => false
  engine = {
    ...(await world.engine()),
    now: () => world.clock + (Date.now() - began) * HASTE,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / HASTE)),
    fetch: async (url) => {
      inFlight.push(url)
      mostInFlight = Math.max(mostInFlight, inFlight.length)
      await new Promise((resolve) => setTimeout(resolve, hang(url) ? 2000 : 1))
      inFlight.splice(inFlight.indexOf(url), 1)
      return new Response('ok')
    },
  }
})

const SECRET_ID = 'secret'

function makeDelivery(
  endpointId: string,
  place: number,
  secrets: SealedSecret[],
  pace: number | null,
): DeliveryToSend {
  return {
    orgId: 'org',
    id: `${endpointId}-${place}`,
    version: 1,
    endpointId,
    eventType: 'call.completed',
    callId: 'call',
    url: `https://${endpointId}.example/${place}`,
    attemptCount: 0,
    manualRetryCount: 0,
    isManual: false,
    redeliveredBy: null,
    trace: null,
    resumeAt: null,
    nextAttemptAt: 0,
    attemptsMade: 0,
    created: 0,
    apiVersion: '2026-04',
    call: '{}',
    endpointStatus: 'enabled',
    unwellSince: null,
    pace,
    maxPerSecond: null,
    secrets,
    ownHosts: [],
    stops: [],
    headers: null,
    isOrdered: false,
    waitingFor: null,
    certificate: null,
  }
}

/** Deliveries of one endpoint, all with its secret; one with a pace is recovering. */
async function deliveries(endpointId: string, count: number, pace: number | null = null) {
  const context = { orgId: 'org', ownerId: endpointId, secretId: SECRET_ID }
  const sealed = await engine.vault.seal(createSigningSecret(), context)
  const secrets = [{ orgId: 'org', ownerId: endpointId, id: SECRET_ID, sealed }]
  return Array.from({ length: count }, (_, place) => makeDelivery(endpointId, place, secrets, pace))
}

/** When an invocation that begins now may start no more attempts. */
function closesAt(): number {
  return engine.now() + startWindowMs(engine.config)
}

describe('attemptAll', () => {
  it('makes all attempts, five at a time', async () => {
    const result = await attemptAll(engine, await deliveries('well', 20), closesAt())
    expect(result.ended).toHaveLength(20)
    expect(mostInFlight).toBe(5)
  })

  it('serves the others while a destination hangs, and leaves it in flight (R2)', async () => {
    hang = (url) => url.includes('hanging')
    const batch = [...(await deliveries('hanging', 10)), ...(await deliveries('well', 10))]
    const result = await attemptAll(engine, batch, closesAt())
    expect(result.ended.map(({ record }) => record?.id)).toEqual(
      expect.arrayContaining(Array.from({ length: 10 }, (_, place) => `well-${place}`)),
    )
    expect(result.inFlight).toHaveLength(2)
    expect([result.heldUp.length, result.postponed.length]).toEqual([8, 0])
    expect(
      (await Promise.all(result.inFlight.map(({ end }) => end))).map(
        ({ record }) => record?.status,
      ),
    ).toEqual(['delivered', 'delivered'])
  })

  it('never has more than five in flight, slow ones included', async () => {
    hang = (url) => url.includes('hanging')
    const batch = [
      ...(await deliveries('hanging-a', 5)),
      ...(await deliveries('hanging-b', 5)),
      ...(await deliveries('hanging-c', 5)),
      ...(await deliveries('well', 5)),
    ]
    const result = await attemptAll(engine, batch, closesAt())
    expect(mostInFlight).toBe(5)
    expect(result.inFlight).toHaveLength(5)
    expect([result.heldUp.length, result.postponed.length]).toEqual([10, 5])
  })

  it('opens the secrets of an endpoint once, however many of its deliveries there are', async () => {
    const batch = [...(await deliveries('one', 10)), ...(await deliveries('two', 10))]
    const unseal = vi.fn<Vault['unseal']>(engine.vault.unseal)
    const result = await attemptAll(
      { ...engine, vault: { ...engine.vault, unseal } },
      batch,
      closesAt(),
    )
    expect(result.ended).toHaveLength(20)
    expect(unseal).toHaveBeenCalledTimes(2)
  })

  it('sends to a recovering endpoint one by one, while others pass', async () => {
    const rests: (() => void)[] = []
    const { sleep } = engine
    engine.sleep = (ms) =>
      ms < SLOW_MS / 100 ? new Promise((resolve) => rests.push(resolve)) : sleep(ms)
    const batch = [...(await deliveries('back', 4, 64)), ...(await deliveries('well', 5))]
    const sent: string[] = []
    const { fetch } = engine
    engine.fetch = (url, init) => fetch((sent.push(new URL(url).host), url), init)
    const running = attemptAll(engine, batch, closesAt())
    const count = (name: string) => sent.filter((host) => host.startsWith(name)).length
    await vi.waitFor(() => expect([count('back'), count('well')]).toEqual([1, 5]), { interval: 1 })
    for (const expected of [1, 2, 3, 4]) {
      await vi.waitFor(() => expect([count('back'), rests.length]).toEqual([expected, 1]), {
        interval: 1,
      })
      rests.pop()?.()
    }
    expect((await running).ended).toHaveLength(9)
  })
})

/** Every setting that config.ts allows, of these. */
const TIMEOUTS = [1, 99, 101, 9999, 19_999, 20_001, 25_000, 29_000, 30_000, 60_000]
  .concat(
    Array.from({ length: 61 }, (_, place) => place * 500),
    100,
  )
  .filter((ms) => isAllowed(ms))
  .toSorted((a, b) => a - b)

function isAllowed(ms: number): boolean {
  try {
    return parseConfig({ ATTEMPT_TIMEOUT_MS: ms }).attemptTimeoutMs === ms
  } catch {
    return false
  }
}

const sleep = () => new Promise<void>(() => {})

describe('an invocation', () => {
  const LOOKUP_MS = 611
  const READING_MS = 1500

  it('has five seconds or more to start attempts in, at the shortest setting and at the longest', () => {
    expect([TIMEOUTS[0], TIMEOUTS.at(-1)]).toEqual([100, 20_000])
    const windows = TIMEOUTS.map((attemptTimeoutMs) => startWindowMs({ attemptTimeoutMs }))
    expect(Math.min(...windows)).toBeGreaterThanOrEqual(5000)
  })

  it.each(TIMEOUTS)('ends within 30 s when an attempt may take %i ms (R1)', async (timeoutMs) => {
    let clock = world.clock
    const begunAt = clock - READING_MS
    const batch = await deliveries('well', 50)
    const config = { ...engine.config, attemptTimeoutMs: timeoutMs }
    const resolver = async () => ({ isPublic: true as const, at: (clock += LOOKUP_MS) })
    const timed = { ...engine, config, resolver, sleep, now: () => clock }
    const { ended, postponed } = await attemptAll(timed, batch, begunAt + startWindowMs(config))
    const starts = ended.map(({ record }) => instantOf(attemptUuid(record?.attemptId ?? '')))
    const last = Math.max(...starts) - begunAt
    expect(last + LOOKUP_TIMEOUT_MS + timeoutMs + WRITING_MS).toBeLessThanOrEqual(INVOCATION_MS)
    expect(INVOCATION_MS).toBe(30_000)
    // All of the window is used: the last five started together.
    expect(last).toBeGreaterThan(startWindowMs(config) - 5 * LOOKUP_MS)
    expect(postponed.length + ended.length).toBe(50)
  })

  it('hands all on when its reading took too long, and attempts none', async () => {
    await world.createEndpoint()
    for (let made = 0; made < 10; made += 1) await world.deliver()
    world.vars['ATTEMPT_TIMEOUT_MS'] = 20_000
    const { db } = world
    world.db = new Proxy(db, {
      get(target, name) {
        if (name === 'prepare') world.clock += 6000
        return Reflect.get(target, name).bind(target)
      },
    })
    await world.consume(world.fresh.splice(0), 'fresh')
    expect([world.receiver.received.length, world.fresh.length]).toEqual([0, 10])
    world.db = db
    await world.drain()
    expect(world.receiver.received).toHaveLength(10)
  })
})
