// The command line as a shell and curl take it: what arrives is what the service would have sent.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeCurl } from '../../../src/dashboard/delivery/curl.ts'

const run = promisify(execFile)

type Arrived = { target: string; method: string; body: string; headers: Record<string, unknown> }

let server: Server
let origin = ''
const arrived: Arrived[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url: target = '', method = '', headers } = request
      arrived.push({ target, method, headers, body: Buffer.concat(chunks).toString('base64') })
      response.end()
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  // It listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
})

afterAll(() => void server.close())

const SHELLS = ['/bin/sh', '/bin/bash'].filter((shell) => existsSync(shell))

/** Sends by the command line, in each shell, and gives back what came. */
async function send(url: string, body: string, headers: Record<string, string>) {
  const command = writeCurl(url, headers, body)
  if (command === undefined) throw new Error('there is no command')
  arrived.splice(0)
  for (const shell of SHELLS)
    await run(shell, ['-c', `${command} --silent --show-error --max-time 10`])
  return arrived
}

const BODY = '{"id":"x","data":{}}'

const TARGETS = [
  '/',
  '',
  '/hooks',
  '/a[1-3]/b',
  '/a{b,c}d',
  '/?ids[]=1&ids[]=2',
  '/?set={a,b}&range=[1-9]',
  `/it's/"quoted"`,
  "/?q='%22'&r='",
  '/$HOME/$(id)/`id`',
  '/?a=$1&b=${HOME}',
  '/wow!/!!/!$',
  '/a%20b/%2F/%25',
  '/a+b?c=d+e',
  '/ünï/日本/😀?q=ß',
  '/a/../b/./c',
  '/a/%2e%2e/b',
  '/..;/x',
  '/a|b^c~d?e|f^g',
  '/a<b>c',
  '/*?*=*',
  '/a;b&c(d)',
  '/#',
  '/?',
  '/-d/--data',
  '//double//slash',
  '/@file?@file=@-',
  '/?a=b%0Ac%0D',
  '/a,b:c',
]

const BODIES = [
  '',
  '@/etc/passwd',
  '@-',
  '-',
  '--data',
  'one\ntwo\r\nthree\n',
  '\n',
  `it's 'all' "quoted" \\ \\' \\"`,
  '$HOME $(id) `id` ${PATH} $$ !! !$ ~ * ? [a] {b,c}',
  '{"a":"\\u0000\\n\\t","b":"\u2028\u{1f600}ünï"}',
  '%s %d %%',
  "'".repeat(2000),
  'x'.repeat(64 * 1024),
  '&a=b&c=%26',
]

describe('the command line', () => {
  it('finds a shell to be tried in', () => {
    expect(SHELLS.length).toBeGreaterThan(0)
  })

  it.each(TARGETS)('leads to the very URL that the service requests: %s', async (target) => {
    const url = origin + target
    const requested = new URL(url).href.replace(/#.*/, '').slice(origin.length)
    expect((await send(url, BODY, {})).map((one) => one.target)).toEqual(
      SHELLS.map(() => requested),
    )
  })

  it.each(BODIES)('brings the very bytes of a body: %j', async (body) => {
    const came = await send(`${origin}/`, body, { 'Content-Type': 'application/json' })
    const bytes = Buffer.from(body).toString('base64')
    expect(came.map((one) => [one.method, one.body])).toEqual(SHELLS.map(() => ['POST', bytes]))
  })

  it('brings headers as they are, an empty one too', async () => {
    const headers = {
      'Content-Type': 'application/json',
      'CallingBox-Signature': 't=1,v1=ab',
      'X-Quoted': `it's "$HOME" \`id\` \\ !! @file`,
      'X-Empty': '',
    }
    for (const { headers: came } of await send(`${origin}/`, BODY, headers)) {
      for (const [name, value] of Object.entries(headers)) {
        expect(came[name.toLowerCase()]).toBe(value)
      }
    }
  })

  it('is none for a body that no command can have as an argument', async () => {
    expect(writeCurl(`${origin}/`, {}, '日'.repeat(64 * 1024))).toBeUndefined()
    expect(writeCurl(`${origin}/`, {}, '日'.repeat(30_000))).toBeDefined()
  })
})
