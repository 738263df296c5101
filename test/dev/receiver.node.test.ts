// The demo receiver over real HTTP: what it answers and prints for a webhook, _fail and _trust.
import { createHmac } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { startReceiver } from '../../src/dev/receiver.ts'
import { findFreePorts } from '../smoke/dev-run.ts'

const SECRET = 'whsec_0123456789abcdef0123456789abcdef'
const OTHER = 'whsec_fedcba9876543210fedcba9876543210'

let url: string
let lines: string[]
let trusted: string[]

beforeEach(async () => {
  lines = []
  trusted = []
  const port = await findFreePorts()
  url = `http://127.0.0.1:${port}`
  await startReceiver({
    port,
    secrets: new Set([SECRET]),
    onTrust: async (secret) => void trusted.push(secret),
    print: (line) => lines.push(line),
  })
})

describe('a webhook', () => {
  it('is answered 200 and printed when it is signed with a known secret', async () => {
    expect(await send(SECRET)).toBe(200)
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d {2}call\.failed {2}event …9abcdef01234 {2}call c1 {2}attempt 3 {2}valid {2}answered 200$/,
      ),
    ])
  })

  it('is answered 400 and printed as INVALID when it is not', async () => {
    expect(await send(OTHER)).toBe(400)
    expect(lines).toEqual([expect.stringContaining('INVALID  answered 400')])
  })

  it('is marked when it is a redelivery, whatever the prefix of the headers', async () => {
    await send(SECRET, 'acme', { 'acme-redelivery': 'true' })
    expect(lines).toEqual([expect.stringContaining('attempt 3, redelivery  valid')])
  })
})

describe('/_fail', () => {
  it('fails as many webhooks as it was told', async () => {
    await post('/_fail?times=2&status=503')
    expect([await send(SECRET), await send(SECRET), await send(SECRET)]).toEqual([503, 503, 200])
  })

  it('answers one 500 by default', async () => {
    await post('/_fail')
    expect([await send(SECRET), await send(SECRET)]).toEqual([500, 200])
  })

  it.each(['times=-1', 'times=x', 'times=1001', 'status=200', 'status=600'])(
    'refuses %s',
    async (query) => {
      expect(await post(`/_fail?${query}`)).toBe(400)
      expect(await send(SECRET)).toBe(200)
    },
  )
})

describe('/_trust', () => {
  it('accepts one more secret from then on, and tells who keeps them', async () => {
    expect(await post('/_trust', `${OTHER}\n`)).toBe(200)
    expect(trusted).toEqual([OTHER])
    expect([await send(OTHER), await send(SECRET)]).toEqual([200, 200])
  })

  it('refuses what is no secret', async () => {
    expect(await post('/_trust', 'whsec_')).toBe(400)
    expect(trusted).toEqual([])
  })
})

async function post(path: string, body = ''): Promise<number> {
  return (await fetch(url + path, { method: 'POST', body })).status
}

async function send(secret: string, prefix = 'callingbox', more = {}): Promise<number> {
  const body = '{"id":"e"}'
  const t = Math.floor(Date.now() / 1000)
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  const headers = {
    [`${prefix}-signature`]: `t=${t},v1=${v1}`,
    [`${prefix}-event-id`]: '019a0000-0000-7000-8000-9abcdef01234',
    [`${prefix}-event-type`]: 'call.failed',
    [`${prefix}-attempt`]: '3',
    [`x-${prefix}-call-id`]: 'c1',
    ...more,
  }
  return (await fetch(`${url}/webhooks`, { method: 'POST', body, headers })).status
}
