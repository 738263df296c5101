// The README's deployment, word for word: its commands, through the real wrangler, against the provider's API in memory.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { startApi, variablesFor } from './provider-api.ts'
import { Provider } from './provider.ts'

const WORKER = 'callingbox-webhooks'
const STAGING = `${WORKER}-staging`

const README = readFileSync('README.md', 'utf8')

/** Its block of commands, one a line, in the order in which they are walked. */
const BLOCK = /^```sh deploy\n(.*?)^```$/ms

const provider = new Provider()
const { server, origin } = await startApi(provider)
const [plan = '', deployment = '', staging = '', rollback = '', destruction = '', ...rest] =
  readCommands()
const started = performance.now()

try {
  assert.deepEqual(rest, [], 'the README has more commands than are walked here')
  await check('a dry run without credentials tells the plan for an empty account', dryRun)
  await check('a wrong token is refused in a sentence', refuseToken)
  await check('a deployment makes what is missing, and tells URL, key and token', deployWhole)
  await check('another run changes nothing', changeNothing)
  await check('one that is cut off after the upload says what to do', cutOff)
  await check('staging is whole with the next run, beside production', deployStaging)
  await check('a rollback puts the deployment before back', rollBack)
  await check('a backup is restored into an account that has lost the database', restore)
  await check('staging is destroyed by its name, and production is not', destroyStaging)
  console.log(`walked in ${Math.round((performance.now() - started) / 1000)} s`)
} finally {
  server.close()
}

function readCommands(): string[] {
  const [, block = ''] = BLOCK.exec(README) ?? []
  return block.split('\n').flatMap((line) => line.replace(/\s+#.*$/, '') || [])
}

async function check(title: string, act: () => Promise<void>): Promise<void> {
  await act()
  console.log(`ok  ${title}`)
}

type Ended = { code: number | null; said: string }

/** Runs a command as a person types it, led to the API in memory; nobody sits at its terminal. */
async function run(command: string, env: Record<string, string> = {}): Promise<Ended> {
  const worker = command.includes('--env staging') ? STAGING : WORKER
  const child = spawn('sh', ['-c', command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...variablesFor(origin),
      DEPLOY_URL: `${origin}/worker/${worker}`,
      ...env,
    },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, said: out + err }
}

async function succeed(command: string): Promise<string> {
  const { code, said } = await run(command)
  assert.equal(code, 0, said)
  return said
}

async function dryRun(): Promise<void> {
  const { code, said } = await run(plan, { CLOUDFLARE_API_TOKEN: '', HOME: '/nonexistent' })
  assert.equal(code, 0, said)
  assert.match(said, /No credentials.*^1\. make the database.*^9\. make the first organization/ms)
  assert.deepEqual(provider.calls, [])
}

async function refuseToken(): Promise<void> {
  const { code, said } = await run(deployment, { CLOUDFLARE_API_TOKEN: 'wrong' })
  assert.equal(code, 1)
  assert.match(said, /The provider refused the credentials: .*Authentication error/)
  assert.deepEqual(provider.takeWrites(), [])
}

async function deployWhole(): Promise<void> {
  const said = await succeed(deployment)
  assert.match(said, /^API key +sk_live_\S+$.*^Dashboard +http\S+\/dashboard$/ms)
  const { secrets } = provider.worker(WORKER)
  assert.ok(said.includes(`ADMIN_TOKEN     ${secrets.get('ADMIN_TOKEN')}\n`))
  assert.equal(secrets.size, 3)
  const kinds = provider.takeWrites().map((call) => call.split(' ').slice(0, 2).join(' '))
  assert.deepEqual(
    [...new Set(kinds)],
    [
      'create database',
      'create queue',
      `query ${WORKER}:`,
      'put worker',
      'settings',
      'enable URL',
      `schedule ${WORKER}`,
      ...['fresh', 'bulk', 'retry', 'dead'].map((role) => `consume ${WORKER}-${role}`),
      'upload version',
      'deploy version',
      'POST /admin/orgs',
      'POST /admin/orgs/{id}/api_keys',
    ],
  )
}

async function changeNothing(): Promise<void> {
  const state = provider.state()
  assert.match(await succeed(deployment), /Nothing to change/)
  assert.deepEqual(provider.takeWrites(), [])
  assert.deepEqual(provider.state(), state)
}

async function cutOff(): Promise<void> {
  provider.cut({ at: /^put worker/, when: 'after' })
  const { code, said } = await run(staging)
  provider.cut(undefined)
  assert.equal(code, 1, said)
  assert.match(
    said,
    /Failed to deploy the Worker .*Then run npm run deploy -- --env staging again/s,
  )
}

async function deployStaging(): Promise<void> {
  const { workers } = provider.state()
  const secrets = new Map(provider.worker(STAGING).secrets)
  await succeed(staging)
  assert.deepEqual(provider.worker(STAGING).secrets, secrets)
  const now = provider.state()
  assert.deepEqual(now.workers[WORKER], workers[WORKER])
  assert.deepEqual(Object.keys(now.databases), [WORKER, STAGING])
  assert.equal(Object.keys(now.queues).length, 8)
  assert.equal(provider.takeWrites().filter((call) => call.startsWith('put worker')).length, 1)
}

async function rollBack(): Promise<void> {
  const { deployments } = provider.worker(WORKER)
  const before = deployments.at(-1)?.versionId
  const { id } = provider.addVersion(WORKER, { vars: {}, secrets: {} })
  provider.deployVersion(WORKER, id, 'npm run deploy of something else')
  assert.match(await succeed(rollback), /Migrations stay/)
  assert.equal(deployments.at(-1)?.versionId, before)
}

/** By the commands of the README's part about backups. */
async function restore(): Promise<void> {
  const [, backup = '', restoration = ''] =
    /^(npm run backup)\b.*\n(npm run restore -- --from )backups\/FOLDER/m.exec(README) ?? []
  const [folder = ''] = /backups\/\S+?(?=\/DB\.sql)/.exec(await succeed(backup)) ?? []
  const content = provider.exportSql(WORKER)
  provider.databases.delete(WORKER)
  await succeed(restoration + folder)
  rmSync(folder, { recursive: true })
  assert.equal(provider.exportSql(WORKER), content)
}

async function destroyStaging(): Promise<void> {
  const misnamed = await run(`${destruction} --confirm ${WORKER}`)
  assert.equal(misnamed.code, 1)
  assert.match(misnamed.said, /nothing was destroyed/)
  await succeed(`${destruction} --confirm ${STAGING}`)
  const { databases, queues, workers } = provider.state()
  assert.deepEqual([Object.keys(workers), Object.keys(databases)], [[WORKER], [WORKER]])
  assert.equal(Object.keys(queues).length, 4)
}
