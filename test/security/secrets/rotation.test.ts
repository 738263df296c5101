// Rotations at once, one after the other and too many: what was promised signs (P4), and some secret that was
// shown always verifies (P6).
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSignedWith } from '../../journeys/verify.ts'
import type { Received } from '../../receiver.ts'
import { World, type Json } from '../../world.ts'

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
  const tryToRotate = (overlapSeconds?: number) => {
    const body = overlapSeconds === undefined ? undefined : { overlap_seconds: overlapSeconds }
    return world.call('POST', path, body, options)
  }
  return {
    first: owner.signing_secret as string,
    tryToRotate,
    rotate: async (overlapSeconds?: number): Promise<string> => {
      const { body: answer } = await tryToRotate(overlapSeconds)
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

  it('refuses an overlap that would leave more than five in force, and nothing changes (P4)', async () => {
    const { first, rotate, tryToRotate, deliver } = await setUp(isDefault)
    const shown = [first]
    for (let count = 0; count < 4; count += 1) {
      world.clock += 1000
      shown.push(await rotate(86_400 - count))
    }
    for (let count = 0; count < 3; count += 1) {
      world.clock += 1000
      expect(await tryToRotate(1 + count)).toMatchObject({
        status: 409,
        body: { code: 'too_many_live_secrets' },
      })
    }
    const received = await deliver()
    expect(countSignatures(received)).toEqual([5, 5])
    expect(await verifying(received, shown)).toEqual(shown)
    expect(received.headers.get('CallingBox-Signature')?.length).toBeLessThan(512)
  })

  it('is possible again as soon as one overlap has ended', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first]
    for (const overlap of [60, 600, 600, 600]) shown.push(await rotate(overlap))
    world.clock += MINUTE
    shown.push(await rotate(600))
    expect(await verifying(await deliver(), shown)).toEqual(shown.slice(1))
  })

  it.each([1, 60, 3599])('keeps its promise though another lasts %i s (P4)', async (shorter) => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first, await rotate(3600), await rotate(shorter)]
    world.clock += 3599 * 1000
    expect(await verifying(await deliver(), shown)).toEqual([first, shown[2]])
    world.clock += 1000
    expect(await verifying(await deliver(), shown)).toEqual([shown[2]])
  })

  it('ends all others at once without an overlap', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first, await rotate(3600), await rotate(600), await rotate()]
    expect(await verifying(await deliver(), shown)).toEqual(shown.slice(3))
  })

  it('never makes a secret sign again that has ended (F.3)', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first, await rotate(60)]
    world.clock += MINUTE
    shown.push(await rotate(604_800))
    expect(await verifying(await deliver(), shown)).toEqual(shown.slice(1))
  })

  it('keeps no more than a few rows, however often it is done', async () => {
    const { rotate } = await setUp(isDefault)
    for (let count = 0; count < 25; count += 1) {
      world.clock += 1000
      await rotate(count % 2)
    }
    const { results } = await env.DB.prepare(
      'SELECT count(*) AS n FROM signing_secrets GROUP BY owner_id ORDER BY n DESC',
    ).all<{ n: number }>()
    expect(results[0]?.n).toBeLessThanOrEqual(21)
  })

  it('ends every overlap with a rotation that has none', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first, await rotate(604_800), await rotate(604_800), await rotate(0)]
    expect(await verifying(await deliver(), shown)).toEqual(shown.slice(-1))
  })

  it('ends all but one when ten come at once, and that one was shown (P6)', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const rotations = Array.from({ length: 10 }, () => rotate(0))
    const shown = [first, ...(await Promise.all(rotations))]
    expect(await verifying(await deliver(), shown)).toHaveLength(1)
  })

  it('keeps what was promised when ten come at once: five sign, the others were refused (P6)', async () => {
    const { first, tryToRotate, deliver } = await setUp(isDefault)
    const answers = await Promise.all(Array.from({ length: 10 }, () => tryToRotate(60)))
    const made = answers.flatMap(({ body }) => (body.signing_secret as string | undefined) ?? [])
    expect(made).toHaveLength(4)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(6)
    const during = await deliver()
    expect(countSignatures(during)).toEqual([5, 5])
    expect(await verifying(during, [first, ...made])).toHaveLength(5)
    world.clock += MINUTE
    const after = await verifying(await deliver(), [first, ...made])
    expect(after).toHaveLength(1)
    expect(made).toContain(after[0])
  })

  it('is done once when its write is repeated after a lost answer', async () => {
    const { first, rotate, deliver } = await setUp(isDefault)
    const shown = [first]
    for (let count = 0; count < 3; count += 1) shown.push(await rotate(600))
    loseNextAnswer()
    shown.push(await rotate(600))
    expect(await verifying(await deliver(), shown)).toEqual(shown)
    loseNextAnswer()
    const last = await rotate()
    expect(await verifying(await deliver(), [...shown, last])).toEqual([last])
  })
})

/** Lets the next batch that writes a secret take effect, and loses its answer once. */
function loseNextAnswer(): void {
  let isLost = false
  world.db = new Proxy(env.DB, {
    get: (db, name) => {
      if (name !== 'batch') return Reflect.get(db, name).bind(db)
      return async (statements: D1PreparedStatement[]) => {
        const results = await db.batch(statements)
        // A rotation is the only batch here with so many statements.
        if (isLost || statements.length < 5) return results
        isLost = true
        throw new Error('D1_ERROR: Network connection lost.')
      }
    },
  })
}

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
