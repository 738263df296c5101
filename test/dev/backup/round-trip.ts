// A backup of a local state with events, restored into a new one: the same rows, readable, and redelivered.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { findFreePorts, startDev, until, type DevRun } from '../../smoke/dev-run.ts'

const READY_WITHIN_MS = 60_000
const ARRIVES_WITHIN_MS = 20_000

const MAIN = join(process.cwd(), 'src/dev/backup/main.ts')

/** Letters that do not deflate: stored, they are a statement that D1 would not take. */
const LARGE = randomBytes(140_000).toString('base64')
const AWKWARD = `it's "quoted";\n-- not a comment\r\n\u2028 ünï 😀 \\n`

const Deliveries = z.object({
  data: z.array(z.object({ id: z.string(), status: z.string(), manual_retry_count: z.number() })),
})

const root = mkdtempSync(join(tmpdir(), 'callingbox-backup-'))
const [first = '', second = ''] = ['first', 'second'].map(makeClone)
const port = await findFreePorts()
const api = `http://localhost:${port}`
let dev: DevRun | undefined

try {
  const key = await start(first)
  for (const note of ['small', AWKWARD, LARGE]) await send(key, note)
  const before = await list(key, 3)
  await stop()
  tell('three events were delivered on the first state')

  const [folder = ''] =
    /backups\/\S+?(?=\/DB\.sql)/.exec(await succeed(first, 'backup', '--local')) ?? []
  const dump = readFileSync(join(first, folder, 'DB.sql'), 'utf8')
  assert.ok(Math.max(...dump.split('\n').map((line) => line.length)) > 100_000)
  const from = join(first, folder)
  await succeed(second, 'restore', '--local', '--from', from)
  tell('its backup went into an empty second one')

  assert.match(
    await succeed(second, 'restore', '--local', '--from', from),
    /has this backup already/,
  )
  const [again = ''] = /backups\/\S+/.exec(await succeed(second, 'backup', '--local')) ?? []
  assert.equal(readFileSync(join(second, again.replace(/:$/, '')), 'utf8'), dump)
  tell('restored again it is left alone, and a backup of it is the same, byte for byte')

  copyFileSync(
    join(first, '.wrangler/state/local-org.json'),
    join(second, '.wrangler/state/local-org.json'),
  )
  assert.equal(await start(second), key)
  assert.deepEqual(await list(key, 3), before)
  for (const { id } of before) await redeliver(key, id)
  await stop()
  tell('its deliveries are read with the same key, and redelivered with valid signatures')

  const refused = await run(second, 'restore', '--local', '--from', from)
  assert.equal(refused.code, 1)
  assert.match(refused.said, /is not empty, and nothing was restored/)
  tell('a database with other data in it is refused')

  const databases = join(second, '.wrangler/state/v3')
  renameSync(databases, `${databases}-before`)
  assert.match(
    await succeed(second, 'restore', '--local', '--from', from),
    /npm run dev runs on it/,
  )
  assert.equal(await start(second), key)
  assert.deepEqual(await list(key, 3), before)
  await stop()
  tell('once it is moved away as the refusal says, the backup goes in and the key reads it')
} finally {
  await stop()
  rmSync(root, { recursive: true, force: true })
}

function makeClone(name: string): string {
  const folder = join(root, name)
  mkdirSync(join(folder, '.wrangler/state'), { recursive: true })
  copyFileSync('wrangler.toml', join(folder, 'wrangler.toml'))
  return folder
}

function tell(what: string): void {
  console.log(`ok  ${what}`)
}

/** Starts the service on a folder's state; answers its key. */
async function start(folder: string): Promise<string> {
  dev = startDev(['--port', `${port}`, '--persist-to', join(folder, '.wrangler/state')])
  const [, key = ''] = await dev.waitFor(/Key +(sk_live_\S+)/, READY_WITHIN_MS)
  return key
}

async function stop(): Promise<void> {
  dev?.signal('SIGINT', 'group')
  await dev?.exited
  dev = undefined
}

async function ask(key: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(api + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  assert.ok(
    response.ok,
    `${method} ${path} answered ${response.status}: ${await response.clone().text()}`,
  )
  return response.json()
}

async function send(key: string, note: string): Promise<void> {
  const call = { id: crypto.randomUUID(), status: 'completed', metadata: { note } }
  await ask(key, 'POST', '/v1/events', { type: 'call.completed', call })
}

/** So many deliveries, once all are delivered. */
function list(key: string, count: number) {
  return until('all delivered', ARRIVES_WITHIN_MS, async () => {
    const { data } = Deliveries.parse(await ask(key, 'GET', '/v1/webhook_deliveries'))
    return data.length === count && data.every(({ status }) => status === 'delivered')
      ? data
      : undefined
  })
}

async function redeliver(key: string, id: string): Promise<void> {
  await ask(key, 'POST', `/v1/webhook_deliveries/${id}/redeliver`)
  await dev?.waitFor(/redelivery {2}valid {2}answered 200/, ARRIVES_WITHIN_MS)
  await until('delivered again', ARRIVES_WITHIN_MS, async () => {
    const one = Deliveries.shape.data.element.parse(
      await ask(key, 'GET', `/v1/webhook_deliveries/${id}`),
    )
    return one.status === 'delivered' && one.manual_retry_count === 1 ? one : undefined
  })
}

/** Runs backup or restore in a folder. */
async function run(cwd: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const node = ['--disable-warning=ExperimentalWarning', MAIN, ...args]
  const child = spawn(process.execPath, node, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, said: out + err }
}

async function succeed(cwd: string, ...args: string[]): Promise<string> {
  const { code, said } = await run(cwd, ...args)
  assert.equal(code, 0, said)
  return said
}
