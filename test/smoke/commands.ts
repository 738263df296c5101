// The command line, used as a person does it on a service that runs: results, refusals, statuses.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { EVENT_TYPES } from '../../src/webhook/event-types.ts'
import { useListen } from './listening.ts'

const BIN = fileURLToPath(new URL('../../src/cli/callingbox-webhooks.js', import.meta.url))

/** No command that ends by itself takes longer, in ms. */
const LONGEST_MS = 20_000

type Ran = { status: number | null; out: string; err: string }

/** Runs a command in a config folder of its own. */
type Run = (args: string, input?: string, env?: Record<string, string>) => Promise<Ran>

const Row = z.looseObject({ id: z.string(), status: z.string() })
const Rows = z.object({ data: z.array(Row) })
const Calls = z.object({ data: z.array(z.object({ call_id: z.string() })) })
const Replayed = z.object({ status: z.string(), replayed: z.number(), delivered: z.number() })

/** Signs in, does what each command is for, and gets each kind of thing wrong. */
export async function useCommands(url: string, key: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'callingbox-cli-'))
  const run: Run = (args, input = '', env = {}) =>
    start(args.split(' '), input, { XDG_CONFIG_HOME: folder, ...env })
  try {
    await signIn(run, url, key, folder)
    await sendAndReplay(run)
    const acts = [changeEndpoint(run), sendOwn(run, folder), steerReplay(run), tail(folder, run)]
    await Promise.all([...acts, refuse(run), complete(run), verify(run, folder)])
    const runToEnd = async (args: string) => (await done(run(args))).out
    await useListen({ bin: BIN, url, key, run: runToEnd })
    await refuseToListen(run)
    await signOut(run, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function signIn(run: Run, url: string, key: string, folder: string): Promise<void> {
  assert.match((await failed(run('endpoints list'), 3)).err, /Sign in first: .*login/)
  assert.match((await failed(run(`login --url ${url}`, 'sk_none'), 3)).err, /valid API key/)
  await done(run(`login --url ${url}`, key))
  const file = join(folder, 'callingbox-webhooks', 'account.json')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
}

async function sendAndReplay(run: Run): Promise<void> {
  await done(run('events send --all'))
  const { out } = await done(run(`events list --limit ${EVENT_TYPES.length}`))
  for (const type of EVENT_TYPES) assert.ok(out.includes(type), `${type} was not sent`)
  const [newest] = Rows.parse(
    JSON.parse((await done(run('deliveries list --json --limit 1'))).out),
  ).data
  assert.ok(newest)
  assert.match((await done(run(`deliveries redeliver ${newest.id}`))).out, /On its way/)
  assert.match((await done(run(`deliveries show ${newest.id}`))).out, /RESULT/)
  assert.match((await done(run('replays plan --type call.busy'))).out, /total +\d/)
  const replay = await done(run('replays start --type call.busy --watch --json'))
  const { status, replayed, delivered } = Replayed.parse(JSON.parse(replay.out))
  assert.equal(status, 'completed')
  assert.equal(delivered, replayed)
}

async function changeEndpoint(run: Run): Promise<void> {
  const made = await done(run('endpoints create --url https://receiver.example/hook --json'))
  const { id } = Row.parse(JSON.parse(made.out))
  assert.match((await done(run(`endpoints disable ${id}`))).out, /disabled_by_customer/)
  assert.match((await failed(run(`endpoints test ${id}`), 5)).err, /endpoint is disabled/)
  assert.match((await done(run(`endpoints update ${id} --events call.busy`))).out, /call\.busy/)
  assert.match((await done(run(`endpoints rotate ${id} --overlap 0`))).out, /whsec_/)
  await done(run(`endpoints delete ${id}`))
  await failed(run(`endpoints enable ${id}`), 4)
}

async function refuse(run: Run): Promise<void> {
  assert.match((await failed(run('deliveries list --limt 3'), 2)).err, /Unknown option '--limt'/)
  assert.match(
    (await failed(run('deliveries list --limit x'), 2)).err,
    /--limit “x” is not a whole/,
  )
  assert.match((await failed(run('deliveries list --limit 900'), 5)).err, /^limit: must be .*\n$/)
  await failed(run('deliveries show ..'), 2)
  assert.match(
    (await done(run('deliveries'))).out,
    /USAGE callingbox-webhooks deliveries list\|show/,
  )
  await failed(run('deliveries lst'), 2)
  await failed(run('deliveries show'), 2)
  await failed(run('events send --type call.lost'), 2)
  const elsewhere = { CALLINGBOX_URL: 'http://127.0.0.1:9' }
  assert.match((await failed(run('endpoints list', '', elsewhere), 3)).err, /Sign in first/)
  const known = { ...elsewhere, CALLINGBOX_API_KEY: 'sk_none' }
  assert.match((await failed(run('endpoints list', '', known), 6)).err, /cannot be reached/)
  assert.ok(!(await done(run('--help'))).out.includes('\u001B'), 'a pipe got colours')
}

/** A call of one's own, from a file and through a pipe. */
async function sendOwn(run: Run, folder: string): Promise<void> {
  const path = join(folder, 'call.json')
  const [first, second] = [randomUUID(), randomUUID()]
  await writeFile(path, `{"id":"${first}"}`)
  await done(run(`events send --type call.busy --call ${path}`))
  await done(run('events send --all --call -', `{"id":"${second}"}`))
  for (const [id, count] of [
    [first, 1],
    [second, EVENT_TYPES.length],
  ] as const) {
    const { out } = await done(run(`deliveries list --json --call ${id}`))
    const { data } = Calls.parse(JSON.parse(out))
    // Another endpoint is made meanwhile, and may get them, too.
    assert.ok(data.length >= count)
    assert.ok(data.every((one) => one.call_id === id))
  }
  assert.match((await failed(run('events send --call -', '{"id":1}'), 5)).err, /call\.id/)
  assert.match((await failed(run('events send --call -', '{'), 2)).err, /no JSON/)
  await failed(run(`events send --call ${path}.lost`), 2)
}

async function steerReplay(run: Run): Promise<void> {
  // One a second: with as many it is not over before a busy machine has come to the end of this.
  await Promise.all(Array.from({ length: 5 }, () => done(run('events send --all'))))
  const started = await done(run('replays start --rate 1 --json'))
  const { id } = Row.parse(JSON.parse(started.out))
  assert.match((await done(run(`replays pause ${id}`))).out, /status +paused/)
  assert.match((await failed(run(`replays watch ${id}`), 1)).err, /It is paused/)
  assert.match((await done(run(`replays resume ${id}`))).out, /status +running/)
  assert.match((await done(run(`replays cancel ${id}`))).out, /status +canceled/)
  assert.match((await failed(run(`replays watch ${id}`), 1)).err, /It is canceled/)
  assert.notEqual((await failed(run(`replays resume ${id}`), 5)).err, '')
  const short = await done(run('replays start --type call.ringing --json'))
  const watched = await done(run(`replays watch ${Row.parse(JSON.parse(short.out)).id}`))
  assert.match(watched.out, /status +completed/)
}

/** What is sent once it says that it waits; then Ctrl-C. */
async function tail(folder: string, run: Run): Promise<void> {
  const child = spawn(process.execPath, [BIN, 'deliveries', 'tail'], {
    env: { ...process.env, XDG_CONFIG_HOME: folder },
    timeout: LONGEST_MS,
    detached: true,
  })
  const [out, err] = [child.stdout, child.stderr].map((stream) => createInterface(stream))
  assert.ok(out && err && child.pid)
  const [note] = await once(err, 'line')
  assert.match(String(note), /Waiting for deliveries/)
  await done(run('events send --type call.canceled'))
  for await (const line of out) if (/call\.canceled +delivered/.test(line)) break
  process.kill(-child.pid, 'SIGINT')
  assert.deepEqual(await once(child, 'exit'), [130, null])
}

async function complete(run: Run): Promise<void> {
  const offered = async (words: string): Promise<string[]> => {
    const { out } = await done(run(`complete -- ${words}`))
    return out.split('\n').flatMap((line) => /^([\w-]+)\t/.exec(line)?.[1] ?? [])
  }
  assert.ok((await offered('')).includes('deliveries'))
  assert.ok((await offered('endpoints ')).includes('rotate'))
  assert.deepEqual(await offered('replays ca'), ['cancel'])
  assert.ok((await offered('deliveries list --')).includes('--since'))
}

/** Nobody is signed in afterwards, and nothing of the key is left. */
async function signOut(run: Run, folder: string): Promise<void> {
  assert.match((await done(run('logout'))).out, /Signed out/)
  await assert.rejects(stat(join(folder, 'callingbox-webhooks', 'account.json')), /ENOENT/)
  await failed(run('endpoints list'), 3)
  await done(run('logout'))
}

async function refuseToListen(run: Run): Promise<void> {
  assert.match((await failed(run('listen'), 2)).err, /forward-to/)
  assert.match(
    (await failed(run('listen --forward-to ftp://x'), 2)).err,
    /“ftp:\/\/x” is no address/,
  )
  const nobody = { CALLINGBOX_API_KEY: 'sk_none' }
  assert.match((await failed(run('listen --forward-to 3000', '', nobody), 3)).err, /valid API key/)
}

async function verify(run: Run, folder: string): Promise<void> {
  const secret = `whsec_${Buffer.alloc(24, 'smoke').toString('base64')}`
  const id = '01a20847-7330-71cb-a1b7-f87d23670001'
  const body = `{"id":"${id}","type":"call.busy","created":1,"api_version":"1","data":{"call":{"id":"c"}}}`
  const timestampS = Math.floor(Date.now() / 1000)
  const digest = createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex')
  const path = join(folder, 'body.json')
  await writeFile(path, body)
  const header = `CallingBox-Signature:t=${timestampS},v1=${digest}`
  const env = { CALLINGBOX_SIGNING_SECRET: secret }
  assert.match(
    (await done(run(`verify --body ${path} --header ${header}`, '', env))).out,
    /^Good, /,
  )
  const wrong = await failed(run(`verify --header ${header}`, `${body} `, env), 5)
  assert.match(wrong.err, /\(\w+\)\n$/)
}

async function done(running: Promise<Ran>): Promise<Ran> {
  return failed(running, 0)
}

async function failed(running: Promise<Ran>, status: number): Promise<Ran> {
  const ran = await running
  assert.equal(ran.status, status, `${ran.out}${ran.err}`)
  return ran
}

async function start(args: string[], input: string, env: Record<string, string>): Promise<Ran> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, ...env },
    timeout: LONGEST_MS,
  })
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await new Promise((end) => child.once('exit', end))
  return { status: child.exitCode, out, err }
}
