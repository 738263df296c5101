// Rotations at once, one after the other and too many: some secret that was shown always verifies (P6).
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSignedWith } from '../journeys/verify.ts'
import type { Received } from '../receiver.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Both kinds of secret: an endpoint's, and the org's default one. */
const KINDS = [
  { kind: 'an endpoint’s secret', isDefault: false },
  { kind: 'the default secret', isDefault: true },
]

/** The first secret, and the means to rotate it and to have something signed with it. */
async function setUp(isDefault: boolean) {
  const admin = { key: env.ADMIN_TOKEN }
  const org = `/admin/orgs/${world.orgId}`
  const { body: owner } = isDefault
    ? await world.call('GET', `${org}/default_secret`, undefined, admin)
    : await world.createEndpoint()
  const path = isDefault
    ? `${org}/rotate_default_secret`
    : `/v1/webhook_endpoints/${owner.id}/rotate_secret`
  const options = isDefault ? admin : {}
  return {
    first: owner.signing_secret as string,
    rotate: async (overlapSeconds?: number): Promise<string> => {
      const body = overlapSeconds === undefined ? undefined : { overlap_seconds: overlapSeconds }
      const { body: answer } = await world.call('POST', path, body, options)
      return answer.signing_secret
    },
    deliver: async (): Promise<Received> => {
      await world.send(isDefault ? { webhook_url: 'https://inline.example/' } : {})
      await world.drain()
      const received = world.receiver.received.at(-1)
      if (!received) throw new Error('nothing was received')
      return received
    },
  }
}

async function verifying(received: Received, secrets: string[]): Promise<string[]> {
  const verified = await Promise.all(secrets.map((secret) => isSignedWith(received, secret)))
  return secrets.filter((_, place) => verified[place])
}

function countSignatures({ headers }: Received): number[] {
  return [
    headers.get('CallingBox-Signature')?.split(',v1=').length ?? 0,
    headers.get('webhook-signature')?.split(' ').length ?? 0,
  ].map((count, place) => (place === 0 ? count - 1 : count))
}

describe.each(KINDS)('rotating $kind', ({ isDefault }) => {
  it('stops the secret before it at once by default', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const second = await rotate()
    expect(await verifying(await deliver(), [first, second])).toEqual([second])
  })

  it('lets both sign during the overlap, newest first, and no longer', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const second = await rotate(600)
    const during = await deliver()
    expect(countSignatures(during)).toEqual([2, 2])
    expect(await verifying(during, [first, second])).toEqual([first, second])
    const header = during.headers.get('CallingBox-Signature') ?? ''
    const newestOnly = header.split(',v1=').slice(0, 2).join(',v1=')
    const cut = { ...during, headers: new Headers(during.headers) }
    cut.headers.set('CallingBox-Signature', newestOnly)
    const standard = during.headers.get('webhook-signature')?.split(' ')[0] ?? ''
    cut.headers.set('webhook-signature', standard)
    expect(await verifying(cut, [first, second])).toEqual([second])
    world.clock += 10 * MINUTE
    expect(await verifying(await deliver(), [first, second])).toEqual([second])
  })

  it('lets five sign at most, the newest among them', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first]
    for (let count = 0; count < 7; count += 1) {
      world.clock += 1000
      shown.push(await rotate(600))
    }
    const received = await deliver()
    expect(countSignatures(received)).toEqual([5, 5])
    expect(await verifying(received, shown)).toEqual(shown.slice(-5))
  })

  it('ends every overlap with a rotation that has none', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first, await rotate(604_800), await rotate(604_800), await rotate(0)]
    expect(await verifying(await deliver(), shown)).toEqual(shown.slice(-1))
  })

  it.each([0, 60])(
    'ten times at once leaves one in force that was shown (P6), overlap %d s',
    async (overlap) => {
      const { first, rotate, deliver } = await setUp(isDefault)
      const shown = [
        first,
        ...(await Promise.all(Array.from({ length: 10 }, () => rotate(overlap)))),
      ]
      const valid = await verifying(await deliver(), shown)
      expect(valid).toHaveLength(overlap === 0 ? 1 : 5)
      world.clock += MINUTE
      const after = await verifying(await deliver(), shown)
      expect(after).toHaveLength(1)
      expect(valid).toContain(after[0])
    },
  )
})

describe('overlap_seconds', () => {
  it.each<[value: Json]>([[-1], [604_801], [1.5], ['60'], [null], [{}]])(
    'refuses %j',
    async (value) => {
      const { body: endpoint } = await world.createEndpoint()
      const path = `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`
      const refused = await world.call('POST', path, { overlap_seconds: value })
      expect(refused).toMatchObject({
        status: 400,
        body: { issues: [{ path: 'overlap_seconds' }] },
      })
      await world.deliver()
      await world.drain()
      const [received] = world.receiver.received
      expect(received && (await isSignedWith(received, endpoint.signing_secret))).toBe(true)
    },
  )
})
