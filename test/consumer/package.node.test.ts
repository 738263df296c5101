// The package as others get it: packed, installed into an empty folder, imported, compiled against and started.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, stopAll } from '../cli/service.ts'
import { CALL_ID, SECRET, sign } from './signed.ts'

const NAME = 'callingbox-webhooks'

const place = mkdtempSync(join(tmpdir(), 'consumer-'))
const modules = join(place, 'node_modules')

/** Each Node of this machine: the project's own, and the one that a person has. */
const NODES = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((file) => existsSync(file))
  .map((file) => ({ file, version: run(file, ['--version'], tmpdir()) }))
  .filter(({ version }, at, all) => all.findIndex((one) => one.version === version) === at)

beforeAll(() => {
  run('npm', ['pack', '--silent', '--pack-destination', place], process.cwd())
  writeFileSync(join(place, 'package.json'), '{}')
  const tarball = readdirSync(place).find((name) => name.endsWith('.tgz')) ?? ''
  // Without a line to any registry: it needs nothing else.
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`])
})
afterAll(() => {
  stopAll()
  rmSync(place, { recursive: true })
})

describe('the package', () => {
  it('has the kit and the command line, and brings no other', () => {
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual([NAME])
    const files = readdirSync(join(modules, NAME), { recursive: true, encoding: 'utf8' })
    const others = files.filter((name) => !/^dist\/consumer\/[\w-]+\.(?:d\.ts|js)$/.test(name))
    expect(others.toSorted()).toEqual([
      'README.md',
      'dist',
      'dist/cli',
      'dist/cli/main.js',
      'dist/consumer',
      'package.json',
      'src',
      'src/cli',
      'src/cli/callingbox-webhooks.js',
    ])
  })

  it.each(NODES)('has a command that runs on Node $version', async ({ file }) => {
    const { body, headers } = await sign({ timestampS: Math.floor(Date.now() / 1000) })
    const given = Object.entries(headers).flatMap((header) => ['--header', header.join(': ')])
    const good = start(file, ['verify', ...given], body)
    expect(good).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Good, by /) })
    expect(start(file, ['verify', ...given], `${body} `)).toMatchObject({ status: 5 })
    const help = start(file, ['deliveries', '--help'])
    expect(help.stdout).toMatch(/USAGE callingbox-webhooks deliveries list\|show/)
    expect(start(file, ['deliveries', 'list'])).toMatchObject({ status: 6, stdout: '' })
    expect(start(file, ['deliveries', 'lst'])).toMatchObject({ status: 2 })
  })

  it.each(NODES)('listens on Node $version', async ({ file }) => {
    const id = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'
    const about = { enabled_events: ['*'], description: null, disabled_reason: null }
    const made = { id, url: 'listen:', status: 'enabled', consecutive_failures: 0, ...about }
    const headers = { 'X-CallingBox-Event': 'call.completed' }
    const webhook = { delivery_id: id, attempt: 1, token: 't', headers, body: '{"id":"sent"}' }
    const events = Object.entries({ webhook, end: { reason: 'gone' } }).map(
      ([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    )
    const service = await serve((_, { pathname }) => {
      if (pathname.endsWith('/stream')) return { status: 200, body: `: here\n\n${events.join('')}` }
      if (pathname === '/hook') return { status: 418, body: 'no' }
      if (!pathname.endsWith('endpoints')) return { status: 204, body: '' }
      return { status: 201, body: { ...made, signing_secret: SECRET } }
    })
    const command = join(modules, '.bin', NAME)
    const account = { CALLINGBOX_URL: service.url, CALLINGBOX_API_KEY: 'sk_test' }
    const words = [command, 'listen', '--forward-to', `${service.url}/hook`]
    const child = spawn(file, words, { cwd: place, env: { ...process.env, ...account } })
    const [status] = await once(child, 'exit')
    const told = service.bodies[service.asked.findIndex((path) => path.endsWith('/answers'))]
    expect({ status, told: JSON.parse(told ?? '{}') }).toMatchObject({
      status: 4,
      told: { token: 't', status: 418, body: 'no' },
    })
    expect(service.bodies).toContain('{"id":"sent"}')
    expect(service.asked.at(-1)).toBe(`DELETE /v1/webhook_endpoints/${id}`)
  })

  it('is found by npx', () => {
    const words = ['--no-install', NAME, '--help']
    expect(run('npx', words)).toMatch(/USAGE callingbox-webhooks login\|/)
  })

  it('verifies a webhook in the Node of whoever installed it', async () => {
    const signed = await sign({ timestampS: Math.floor(Date.now() / 1000) })
    writeFileSync(
      join(place, 'receive.mjs'),
      `import { verify } from 'callingbox-webhooks/consumer'
       const { body, headers } = ${JSON.stringify(signed)}
       console.log(JSON.stringify(await verify(body, headers, '${SECRET}')))`,
    )
    expect(JSON.parse(run(process.execPath, ['receive.mjs']))).toMatchObject({ ok: true })
  })

  it('runs the sample of its page, which handles an event once', async () => {
    const page = readFileSync('src/consumer/README.md', 'utf8')
    const sample = /```ts\n([^]*?)```/.exec(page)?.[1] ?? ''
    const signed = await sign({ timestampS: Math.floor(Date.now() / 1000) })
    writeFileSync(
      join(place, 'sample.mts'),
      `${sample}
       for (const end of ['', '', ' ']) {
         const { body, headers } = ${JSON.stringify(signed)}
         const request = new Request('https://example.com', { method: 'POST', headers, body: body + end })
         const answer = await receive(request, '${SECRET}')
         console.log(answer.status, await answer.text())
       }`,
    )
    const [event, first, second, third] = run(process.execPath, ['sample.mts']).split('\n')
    expect([event, first, second]).toEqual([`call.completed ${CALL_ID}`, '200 ', '200 '])
    expect(third).toMatch(/^400 The body is not the one that was signed\. .+/)
  })

  it.each([
    ['node20', ['--module', 'nodenext']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
  ])('has types that need no other library: %s', (_, options) => {
    writeFileSync(
      join(place, 'receive.mts'),
      `import { verify, type Call } from 'callingbox-webhooks/consumer'
       export async function receive(body: string, headers: { [name: string]: string }) {
         const verified = await verify(body, headers, 'whsec_')
         const call: Call | undefined = verified.ok ? verified.event.data.call : undefined
         return call?.duration_seconds?.toFixed() ?? verified.ok
       }`,
    )
    const strict = [
      '--strict',
      '--noEmit',
      '--lib',
      'es2022',
      '--types',
      '',
      '--skipLibCheck',
      'false',
    ]
    const tsc = resolve('node_modules/.bin/tsc')
    expect(run(tsc, [...strict, ...options, 'receive.mts'])).toBe('')
  })
})

/** The command, in a pipe, with a service that nobody can reach. */
function start(node: string, words: string[], input = '') {
  const command = join(modules, '.bin', NAME)
  const account = { CALLINGBOX_URL: 'http://127.0.0.1:9', CALLINGBOX_API_KEY: 'sk_none' }
  const env = { ...process.env, ...account, CALLINGBOX_SIGNING_SECRET: SECRET }
  return spawnSync(node, [command, ...words], { cwd: place, env, input, encoding: 'utf8' })
}

function run(command: string, words: string[], cwd = place): string {
  const { stdout, stderr, status } = spawnSync(command, words, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`)
  return stdout.trim()
}
