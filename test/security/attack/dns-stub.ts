// A DNS resolver over HTTPS, as far as a test needs one: each host's first label says what it answers.
import { createServer, type ServerResponse } from 'node:http'

const A = 1
const CNAME = 5
const AAAA = 28
const PUBLIC_A = { type: A, data: '93.184.215.14' }

type Rr = { type: number; data: string }

/** Records by a host's first label; every other host is public. */
const RECORDS: Record<string, Rr[]> = {
  'private-a': [{ type: A, data: '10.1.2.3' }],
  loopback: [{ type: A, data: '127.0.0.1' }],
  metadata: [{ type: A, data: '169.254.169.254' }],
  'private-aaaa': [{ type: AAAA, data: 'fd00::1' }],
  mixed: [PUBLIC_A, { type: A, data: '192.168.0.1' }],
  'mixed-families': [PUBLIC_A, { type: AAAA, data: '::1' }],
  'cname-private': [
    { type: CNAME, data: 'inside.example.' },
    { type: A, data: '172.16.0.1' },
  ],
  'no-address': [],
}

/** What goes wrong by a host's first label. */
const FAULTS: Record<string, (response: ServerResponse) => void> = {
  servfail: (response) => answer(response, { Status: 2 }),
  nxdomain: (response) => answer(response, { Status: 3 }),
  silence: () => {},
  'half-silence': (response) => void response.writeHead(200).write('{"Status":0,'),
  'error-500': (response) => void response.writeHead(500).end('oops'),
  redirect: (response) => void response.writeHead(302, { Location: '/elsewhere' }).end(),
  garbage: (response) => void response.end('<html>'),
  'hang-up': (response) => void response.destroy(),
}

/** First labels of hosts that are refused. */
export const REFUSED_LABELS = [...Object.keys(RECORDS), ...Object.keys(FAULTS)]

/** A started resolver. `turnPrivate` makes a host that was public private from now on. */
export type DnsStub = {
  url: string
  turnPrivate: (host: string) => void
  stop: () => Promise<void>
}

/** Starts one on a free port of this machine. */
export async function startDnsStub(): Promise<DnsStub> {
  const turned = new Set<string>()
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://stub')
    const name = searchParams.get('name') ?? ''
    const type = searchParams.get('type') === 'A' ? A : AAAA
    const label = name.split('.')[0] ?? ''
    if (FAULTS[label]) return FAULTS[label](response)
    const records = turned.has(name) ? RECORDS['private-a'] : RECORDS[label]
    const fitting = (records ?? [PUBLIC_A]).filter((it) => it.type === type || it.type === CNAME)
    return answer(response, { Status: 0, TC: false, Answer: fitting })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/dns-query`,
    turnPrivate: (host) => void turned.add(host),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, body: object): void {
  response.setHeader('Content-Type', 'application/dns-json').end(JSON.stringify(body))
}
