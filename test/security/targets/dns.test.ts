// Where names lead: nothing leaves for a name that has an address which is not public (X5).
import { beforeEach, describe, expect, it } from 'vitest'
import { PUBLIC_TARGETS } from '../../webhook/target-corpus.ts'
import { World } from '../../world.ts'

const NOT_PUBLIC = "The URL's host does not lead to public addresses."
const A = 1
const CNAME = 5
const AAAA = 28
const RRSIG = 46

type Rr = { type: number; data: string }

let world: World
beforeEach(async () => {
  world = await World.create({ DOH_URL: 'https://resolver.example/dns-query?ct=json' })
})

/** A resolver that answers these records to both questions as far as they fit, CNAMEs always. */
function answer(...records: Rr[]): void {
  world.dns = async (url) => {
    const type = new URL(url).searchParams.get('type') === 'A' ? A : AAAA
    const fitting = records.filter((record) => record.type === type || record.type === CNAME)
    return Response.json({ Status: 0, TC: false, ...(fitting.length > 0 && { Answer: fitting }) })
  }
}

const rr = (type: number, data: string): Rr => ({ type, data })
const publicName = () => answer(rr(A, '93.184.215.14'))

const REFUSED: Record<string, () => void> = {
  'a private A': () => answer(rr(A, '10.0.0.1')),
  'a loopback A': () => answer(rr(A, '127.0.0.1')),
  'a link-local A': () => answer(rr(A, '169.254.169.254')),
  'the host agent of Azure': () => answer(rr(A, '168.63.129.16')),
  'a carrier-grade NAT A': () => answer(rr(A, '100.64.0.1')),
  'a private AAAA only': () => answer(rr(AAAA, 'fd00::1')),
  'a loopback AAAA': () => answer(rr(AAAA, '::1')),
  'a mapped AAAA': () => answer(rr(AAAA, '::ffff:93.184.215.14')),
  'a NAT64 AAAA': () => answer(rr(AAAA, '64:ff9b::a9fe:a9fe')),
  'a 6to4 AAAA': () => answer(rr(AAAA, '2002:7f00:1::')),
  'a public A with a private AAAA': () => answer(rr(A, '93.184.215.14'), rr(AAAA, 'fe80::1')),
  'a private A with a public AAAA': () =>
    answer(rr(A, '192.168.1.1'), rr(AAAA, '2606:4700:4700::1111')),
  'one bad among good': () =>
    answer(rr(A, '93.184.215.14'), rr(A, '10.0.0.1'), rr(A, '93.184.215.15')),
  'a CNAME to a private address': () =>
    answer(rr(CNAME, 'inside.example.'), rr(CNAME, 'deeper.example.'), rr(A, '172.16.0.9')),
  'a CNAME that ends nowhere': () => answer(rr(CNAME, 'nowhere.example.')),
  'no address': () => answer(),
  'an address that is none': () => answer(rr(A, '10.0.0.1.evil.example.')),
  'an address in another spelling': () => answer(rr(A, '0x5d.184.215.14')),
  SERVFAIL: () => (world.dns = async () => Response.json({ Status: 2 })),
  NXDOMAIN: () => (world.dns = async () => Response.json({ Status: 3 })),
  'half an answer': () =>
    (world.dns = async () =>
      Response.json({ Status: 0, TC: true, Answer: [rr(A, '93.184.215.14')] })),
  'a 500': () => (world.dns = async () => new Response('oops', { status: 500 })),
  'a redirect': () =>
    (world.dns = async () => new Response(null, { status: 302, headers: { Location: '/' } })),
  'no JSON': () => (world.dns = async () => new Response('<html>')),
  'JSON of another shape': () => (world.dns = async () => Response.json({ Status: '0' })),
  'an array': () => (world.dns = async () => Response.json([])),
  'a broken connection': () =>
    (world.dns = async () => {
      throw new Error('Network connection lost.')
    }),
  silence: () => (world.dns = () => new Promise(() => {})),
  'silence after the headers': () =>
    (world.dns = async () => new Response(new ReadableStream({ start: () => {} }))),
}

describe('a URL that is set', () => {
  it.each(Object.entries(REFUSED))(
    'is refused when its name has %s, and the sentence does not tell which',
    async (_, prepare) => {
      prepare()
      const created = await world.createEndpoint()
      expect(created).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', issues: [{ path: 'url', message: NOT_PUBLIC }] },
      })
      const log = world.logs.find(({ event }) => event === 'target_refused')
      expect(log).toMatchObject({ host: 'receiver.example', detail: expect.any(String) })
      expect(['private_address', 'lookup_failed']).toContain(log?.['reason'])
    },
  )

  it.each<{ name: string; records: Rr[] }>([
    { name: 'a public A', records: [rr(A, '93.184.215.14')] },
    { name: 'a public AAAA only', records: [rr(AAAA, '2606:4700:4700::1111')] },
    {
      name: 'both, at the end of CNAMEs',
      records: [
        rr(CNAME, 'edge.example.'),
        rr(A, '93.184.215.14'),
        rr(AAAA, '2606:4700:4700::1111'),
      ],
    },
  ])('is accepted when its name has $name', async ({ records }) => {
    answer(...records)
    expect((await world.createEndpoint()).status).toBe(201)
  })

  it('is accepted though other kinds of record stand beside', async () => {
    world.dns = async (url) =>
      Response.json({
        Status: 0,
        Answer: url.endsWith('type=A') ? [rr(A, '93.184.215.14'), rr(RRSIG, 'a 8 2 300')] : [],
      })
    expect((await world.createEndpoint()).status).toBe(201)
  })

  it('is refused in a PATCH too', async () => {
    publicName()
    const { body: endpoint } = await world.createEndpoint()
    answer(rr(A, '10.0.0.1'))
    const url = 'https://inside.example/'
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    expect(await world.call('PATCH', path, { url })).toMatchObject({ status: 400 })
  })

  it('is refused as the URL that copies go to, and asked again at each copy', async () => {
    publicName()
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    const copy = (url: string) =>
      world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { url })
    expect((await copy('https://staging.example/')).status).toBe(200)
    answer(rr(A, '10.0.0.1'))
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
    const replays = await world.call('GET', '/v1/webhook_replays')
    const [{ id: replayId, failed }] = replays.body.data
    const { body } = await world.call('GET', `/v1/webhook_replays/${replayId}/deliveries`)
    expect([failed, body.data[0].status, body.data[0].error]).toEqual([1, 'failed', NOT_PUBLIC])
    const issues = [{ path: 'url', message: NOT_PUBLIC }]
    expect(await copy('https://inside.example/')).toMatchObject({ status: 400, body: { issues } })
  })

  it('is asked of the resolver as it is, kept parameters included', async () => {
    const asked: string[] = []
    world.dns = async (url, init) => {
      asked.push(url)
      expect(init.headers).toEqual({ Accept: 'application/dns-json' })
      return Response.json({ Status: 0, Answer: [rr(A, '93.184.215.14')] })
    }
    await world.createEndpoint({ url: 'https://B\u00fccher.example.:8443/a?b' })
    const base = 'https://resolver.example/dns-query?ct=json&name=xn--bcher-kva.example'
    expect(asked).toEqual([`${base}&type=A`, `${base}&type=AAAA`])
  })

  it('is accepted for every host that people really send webhooks to', async () => {
    publicName()
    for (const url of PUBLIC_TARGETS) {
      expect(await world.createEndpoint({ url })).toMatchObject({ status: 201 })
    }
  })
})

describe('an attempt', () => {
  it.each(Object.entries(REFUSED))(
    'does not leave when its name has come to %s, and counts as failed (X5)',
    async (_, prepare) => {
      publicName()
      await world.createEndpoint()
      const id = await world.deliver()
      prepare()
      await world.drain()
      expect(world.receiver.received).toEqual([])
      expect(await world.delivery(id)).toMatchObject({
        status: 'pending',
        attempt_count: 1,
        last_error: NOT_PUBLIC,
        last_response_status: null,
        attempts: [{ error: { kind: 'refused_target', message: NOT_PUBLIC } }],
      })
    },
  )

  it('goes out again once the name is public again', async () => {
    publicName()
    await world.createEndpoint()
    const id = await world.deliver()
    answer(rr(A, '10.0.0.1'))
    await world.drain()
    publicName()
    await world.pass(61_000)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 2 })
  })

  it('looks a name up once in a batch, and anew in the next', async () => {
    let questions = 0
    world.dns = async () => {
      questions += 1
      return Response.json({ Status: 0, Answer: [rr(A, '93.184.215.14')] })
    }
    await world.createEndpoint()
    for (let count = 0; count < 5; count += 1) await world.deliver()
    questions = 0
    await world.drain()
    expect(world.receiver.received).toHaveLength(5)
    expect(questions).toBe(2)
    await world.deliver()
    await world.drain()
    expect(questions).toBe(4)
  })

  it('does not leave for a URL that the rules have come to refuse', async () => {
    publicName()
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    world.vars['OWN_HOSTS'] = 'hooks.example,receiver.example'
    await world.drain()
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({
      endpoint_id: endpoint.id,
      last_error: "The URL's host is this service itself.",
    })
  })
})

describe('without DOH_URL', () => {
  it('asks no resolver', async () => {
    world.vars['DOH_URL'] = ''
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })
})
