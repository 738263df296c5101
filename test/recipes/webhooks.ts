// The webhooks that each receiver gets, good and bad, and what it has to do with them.
import { createHmac, randomUUID } from 'node:crypto'
import { EVENT_TYPES } from '../../src/webhook/event-types.ts'
import { CALL_ID, change, SECRET, sign, STRANGER, type Signed } from '../consumer/signed.ts'

/** `handled`: it is answered 2xx and acted upon; `again`: answered 2xx alone; `refused`: answered 400 alone. */
export type Sent = Signed & { name: string; id: string; expected: 'handled' | 'again' | 'refused' }

const TOLERANCE_S = 300

/** Characters in a call that is nearly as large as one may be, which is 256 KB: many a framework takes less. */
const LARGE = 250_000

/** In the order to send them. Each has an id of its own, but for the one that comes again. */
export async function makeWebhooks(): Promise<Sent[]> {
  return (await Promise.all([...EVENT_TYPES.map(makeGood), makeRotated(), makeLarge()]))
    .concat(await makeRepeated())
    .concat(await Promise.all(Object.entries(BAD).map(makeBad)))
}

async function makeGood(type: string): Promise<Sent> {
  const id = randomUUID()
  return { ...(await sign({ id, type, timestampS: nowS() })), name: type, id, expected: 'handled' }
}

async function makeRotated(): Promise<Sent> {
  const id = randomUUID()
  const signed = await sign({ id, timestampS: nowS(), secrets: [STRANGER, SECRET] })
  return { ...signed, name: 'two signatures', id, expected: 'handled' }
}

async function makeLarge(): Promise<Sent> {
  const id = randomUUID()
  const call = `{"id":"${CALL_ID}","transcript":"${'a'.repeat(LARGE)}"}`
  const signed = await sign({ id, timestampS: nowS(), call })
  return { ...signed, name: `${LARGE / 1000} KB`, id, expected: 'handled' }
}

/** What anybody can sign for whoever took this for a secret. */
export async function makeForged(secret: string): Promise<Sent> {
  const id = randomUUID()
  const timestampS = nowS()
  const { body, headers } = await sign({ id, timestampS })
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const hex = createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex')
  const base64 = createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')
  const forged = {
    'CallingBox-Signature': `t=${timestampS},v1=${hex}`,
    'webhook-signature': `v1,${base64}`,
  }
  return { body, headers: change(headers, forged), name: 'forged', id, expected: 'refused' }
}

async function makeRepeated(): Promise<Sent[]> {
  const id = randomUUID()
  const first = await sign({ id, timestampS: nowS() - 60 })
  const second = await sign({ id, timestampS: nowS() })
  return [
    { ...first, name: 'a minute old', id, expected: 'handled' },
    { ...second, name: 'the same event again', id, expected: 'again' },
  ]
}

/** What has become of a webhook that was good. */
const BAD: Record<string, (id: string) => Promise<Signed>> = {
  'another secret': (id) => sign({ id, timestampS: nowS(), secrets: [STRANGER] }),
  'signed too long ago': (id) => sign({ id, timestampS: nowS() - 2 * TOLERANCE_S }),
  'a body that was written anew': async (id) => {
    const { body, headers } = await sign({ id, timestampS: nowS() })
    return { body: JSON.stringify(JSON.parse(body)), headers }
  },
  'a byte changed': async (id) => {
    const { body, headers } = await sign({ id, timestampS: nowS() })
    return { body: body.replace('call.completed', 'call.Completed'), headers }
  },
  'a body cut off': async (id) => {
    const { body, headers } = await sign({ id, timestampS: nowS() })
    return { body: body.slice(0, -1), headers }
  },
  'no body': async (id) => ({ ...(await sign({ id, timestampS: nowS() })), body: '' }),
  'no signature': (id) => withSignatures(id, () => undefined),
  'an empty signature': (id) => withSignatures(id, () => ''),
  'a signature cut off': (id) => withSignatures(id, (header) => header.slice(0, -10)),
  'a header cut off': (id) => withSignatures(id, (header) => header.slice(0, 14)),
  'a header that is none': (id) => withSignatures(id, () => 'nonsense'),
  'a time that is none': async (id) => {
    const { body, headers } = await sign({ id, timestampS: nowS() })
    const callingbox = headers['CallingBox-Signature']?.replace(/^t=\d+/, 't=soon')
    return {
      body,
      headers: change(headers, { 'CallingBox-Signature': callingbox, 'webhook-timestamp': 'soon' }),
    }
  },
}

async function makeBad([name, make]: [string, (id: string) => Promise<Signed>]): Promise<Sent> {
  const id = randomUUID()
  return { ...(await make(id)), name, id, expected: 'refused' }
}

/** One whose two signature headers are others. */
async function withSignatures(
  id: string,
  toOther: (header: string) => string | undefined,
): Promise<Signed> {
  const { body, headers } = await sign({ id, timestampS: nowS() })
  const names = ['CallingBox-Signature', 'webhook-signature']
  const others = names.map((name) => [name, toOther(headers[name] ?? '')] as const)
  return { body, headers: change(headers, Object.fromEntries(others)) }
}

function nowS(): number {
  return Math.floor(Date.now() / 1000)
}
