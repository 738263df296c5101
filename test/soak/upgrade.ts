// An upgrade under load: the release before the newest migration, and this one, side by side on one database.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'
import { buildBundle, ROOT, type BundledModule } from '../bench/harness/bundle.ts'
import { startReceiver, type Receiver } from '../bench/harness/receiver.ts'
import { localVars } from '../bench/harness/runtime.ts'
import {
  createClient,
  createEndpoint,
  createOrg,
  expectOk,
  sendEvent,
  type Client,
  type Org,
} from '../bench/harness/service.ts'

const EVENTS_EACH_PHASE = 60
const PAUSE_MS = 40

/** Some attempts fail, so that what one release has begun the other one goes on with. */
const FAILING = { '*': { status: 500, delayMs: 0 } }
const FAILING_FOR_MS = 2000
const RETRY_SCHEDULE_SECONDS = '1,2,4,8,16,32,64'

const DRAIN_WITHIN_MS = 120_000
const TICK_EVERY_MS = 500

/** The two releases: each with a door of its own, and the same database behind it. */
type Release = { name: 'new' | 'old'; root: string; client: Client; tick: () => Promise<unknown> }

const scratch = await mkdtemp(join(tmpdir(), 'callingbox-upgrade-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
const before = findReleaseBefore()
if (before === undefined) {
  console.log(
    'skipped: this clone has no history from before the newest migration (git fetch --unshallow)',
  )
} else {
  await upgrade(before)
}

/** The newest commit whose migrations are all among ours, as they are, and fewer. */
function findReleaseBefore(): string | undefined {
  const ours = migrationsOf('HEAD')
  const commits = git(['log', '--format=%H', '--', 'migrations']).trim().split('\n')
  return commits.find((commit) => {
    const theirs = migrationsOf(commit)
    return theirs.length < ours.length && theirs.every((one) => ours.includes(one))
  })
}

/** Each with its name and the digest of what is in it. */
function migrationsOf(commit: string): string[] {
  return git(['ls-tree', `${commit}:migrations`])
    .trim()
    .split('\n')
}

function git(args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e9 })
}

async function upgrade(commit: string): Promise<void> {
  const oldRoot = checkOut(commit)
  const receiver = await startReceiver(join(scratch, 'receipts'))
  const secrets = localVars()
  const runtime = await startBoth(oldRoot, { ...secrets, RETRY_SCHEDULE_SECONDS })
  await migrate(runtime, oldRoot)
  const [old, next] = [await open(runtime, 'old', oldRoot), await open(runtime, 'new', ROOT)]
  await live(runtime, receiver, { old, next }, secrets.ADMIN_TOKEN)
  await runtime.dispose()
  process.exit()
}

/** The release of a commit in a folder of its own, with the packages that are installed here. */
function checkOut(commit: string): string {
  const folder = join(scratch, 'old')
  mkdirSync(folder)
  const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 1e9 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** One runtime with both; the old one consumes the fresh lane and the new one the others, so each meets the other's work. */
async function startBoth(oldRoot: string, vars: Record<string, string>): Promise<Miniflare> {
  const worker = async (name: Release['name'], root: string, lanes: string[]) => {
    const modules = await buildBundle(join(scratch, `bundle-${name}`), 'src/index.ts', root)
    return toWorker({ name, root, lanes, modules, vars })
  }
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        await worker('old', oldRoot, ['fresh']),
        await worker('new', ROOT, ['bulk', 'retry']),
      ],
      host: '127.0.0.1',
      port: 0,
      log: new NoOpLog(),
      handleStructuredLogs: () => undefined,
      telemetry: { enabled: false },
      cf: false,
    }),
  )
  await runtime.ready
  return runtime
}

type Wanted = {
  name: Release['name']
  root: string
  lanes: string[]
  modules: BundledModule[]
  vars: Record<string, string>
}

function toWorker({ name, root, lanes, modules, vars }: Wanted) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'))
  const { modulesRules: _rules, ...worker } = workerOptions
  const consumers = Object.entries(worker['queueConsumers'] ?? {})
  const isOwn = (queue: string) => lanes.some((lane) => queue.endsWith(lane))
  return {
    ...worker,
    name,
    rootPath: '/',
    modulesRoot: '/',
    modules,
    d1Databases: { DB: 'shared' },
    queueConsumers: Object.fromEntries(consumers.filter(([queue]) => isOwn(queue))),
    bindings: Object.assign({}, worker['bindings'], vars),
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  }
}

async function open(runtime: Miniflare, name: Release['name'], root: string): Promise<Release> {
  const worker = await runtime.getWorker(name)
  const { origin } = await runtime.unsafeGetDirectURL(name)
  const tick = () => worker.scheduled({ cron: '* * * * *' })
  return { name, root, client: createClient(origin), tick }
}

/** Applies what a release has, and what no release before has applied. */
async function migrate(
  runtime: Miniflare,
  root: string,
  without: string[] = [],
): Promise<string[]> {
  const database = await runtime.getD1Database('DB', 'new')
  const names = readdirSync(join(root, 'migrations')).toSorted()
  for (const name of names.filter((one) => !without.includes(one))) {
    const queries = unstable_splitSqlQuery(readFileSync(join(root, 'migrations', name), 'utf8'))
    await database.batch(queries.map((query) => database.prepare(query)))
  }
  return names
}

async function live(
  runtime: Miniflare,
  receiver: Receiver,
  { old, next }: { old: Release; next: Release },
  token: string,
): Promise<void> {
  const org = await createOrg(old.client, token, 'upgraded')
  await createEndpoint(old.client, org, `${receiver.url}/old`)
  const ticking = new AbortController()
  const ticked = [old]
  const crons = tickUntil(ticking.signal, ticked)
  const accepted: string[] = []

  accepted.push(...(await load(org, [old])))
  console.log(`ok  the old release on its own tables: ${accepted.length} deliveries`)

  const loading = load(org, [old])
  const applied = await migrate(runtime, ROOT, readdirSync(join(old.root, 'migrations')))
  await receiver.setRules(FAILING)
  await sleep(FAILING_FOR_MS)
  await receiver.setRules({})
  accepted.push(...(await loading))
  console.log(`ok  the old release while ${applied.at(-1)} is applied, and after it`)

  ticked.push(next)
  await createEndpoint(next.client, org, `${receiver.url}/new`)
  accepted.push(...(await load(org, [old, next])))
  console.log('ok  both at once: each sends, reads and redelivers what the other has made')

  accepted.push(...(await load(org, [next])))
  await drain(next.client, org, accepted)
  ticking.abort()
  await crons
  console.log(
    `ok  all ${accepted.length} deliveries arrived, and no request was answered with an error`,
  )
}

/** Sends events, reads and redelivers, by turns through each of the releases. @throws for any answer that is no 2xx. */
async function load(org: Org, releases: Release[]): Promise<string[]> {
  const accepted: string[] = []
  for (let count = 0; count < EVENTS_EACH_PHASE; count += 1) {
    const [sender, reader] = [
      releases[count % releases.length],
      releases[(count + 1) % releases.length],
    ]
    if (!sender || !reader) throw new Error('a load is sent through a release')
    const { deliveries } = await sendEvent(sender.client, org)
    accepted.push(...deliveries)
    const token = org.key
    await expectOk(reader.client('GET', `/v1/webhook_deliveries/${deliveries[0]}`, { token }))
    await expectOk(reader.client('GET', '/v1/webhook_deliveries?limit=5', { token }))
    if (count % 10 === 0) {
      await expectOk(
        reader.client('POST', `/v1/webhook_deliveries/${deliveries[0]}/redeliver`, { token }),
      )
    }
    await sleep(PAUSE_MS)
  }
  return accepted
}

async function tickUntil(signal: AbortSignal, releases: Release[]): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    await releases[count % releases.length]?.tick()
    await sleep(TICK_EVERY_MS)
  }
}

/** Waits until all have been delivered. @throws with those that were not. */
async function drain(client: Client, org: Org, ids: string[]): Promise<void> {
  const deadline = Date.now() + DRAIN_WITHIN_MS
  let pending = ids
  while (pending.length > 0) {
    if (Date.now() > deadline)
      throw new Error(`${pending.length} were not delivered: ${pending[0]}`)
    const statuses = await Promise.all(
      pending.map(async (id) => {
        const path = `/v1/webhook_deliveries/${id}`
        return (await expectOk(client('GET', path, { token: org.key })))['status']
      }),
    )
    pending = pending.filter((_id, index) => statuses[index] !== 'delivered')
    await sleep(TICK_EVERY_MS)
  }
}
