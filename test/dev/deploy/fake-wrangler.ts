// What stands for wrangler where a hundred runs of it would take too long: the same calls in the same order.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { RunWrangler } from '../../../src/dev/provider/run-wrangler.ts'
import { readTarget } from '../../../src/dev/provider/target.ts'
import { ApiFault, CutError, type Provider } from './provider.ts'

const MIGRATIONS = readdirSync('migrations').toSorted()
const Secrets = z.record(z.string(), z.string())

type Command = {
  provider: Provider
  args: string[]
  env: Record<string, string>
  environment: string
}
type Answer = unknown

/** Runs commands on an account in memory; a cut call fails it as a broken connection does. */
export function fakeWrangler(provider: Provider): RunWrangler {
  return (args, env = {}) => {
    const environment = valueOf(args, '--env') ?? ''
    const found = COMMANDS.find(([name]) => `${args.join(' ')} `.startsWith(`${name} `))
    try {
      if (!found) throw new Error(`unknown: ${args.join(' ')}`)
      const answer = found[1]({
        provider,
        args: args.slice(found[0].split(' ').length),
        env,
        environment,
      })
      const out = typeof answer === 'string' ? answer : JSON.stringify(answer ?? '')
      return Promise.resolve({ out, fault: undefined })
    } catch (error) {
      if (error instanceof CutError) return Promise.resolve({ out: '', fault: 'fetch failed' })
      if (!(error instanceof ApiFault)) throw error
      return Promise.resolve({ out: '', fault: `${error.message} [code: ${error.code}]` })
    }
  }
}

function valueOf(args: string[], flag: string): string | undefined {
  const at = args.indexOf(flag)
  return at === -1 ? undefined : args[at + 1]
}

const COMMANDS: [string, (command: Command) => Answer][] = [
  ['deploy --dry-run', () => ''],
  ['deploy', deployWorker],
  [
    'd1 list',
    ({ provider }) =>
      provider.call('GET databases', () =>
        [...provider.databases.keys()].map((name) => ({ name })),
      ),
  ],
  ['d1 create', ({ provider, args: [name = ''] }) => provider.createDatabase(name)],
  ['d1 execute', execute],
  ['d1 migrations apply', migrate],
  ['d1 export', exportDatabase],
  [
    'queues info',
    ({ provider, args: [name = ''] }) =>
      provider.call('GET queue', () => tellQueue(provider, name)),
  ],
  ['queues create', ({ provider, args: [name = ''] }) => provider.createQueue(name)],
  [
    'secret list',
    ({ provider, environment }) =>
      provider.call('GET secrets', () =>
        [...provider.worker(workerOf(environment)).secrets.keys()].map((name) => ({ name })),
      ),
  ],
  ['deployments status', tellDeployment],
  ['versions view', tellVersion],
  [
    'versions deploy',
    ({ provider, args, environment }) => {
      const [version = ''] = (args[0] ?? '').split('@')
      provider.deployVersion(workerOf(environment), version, valueOf(args, '--message') ?? '')
    },
  ],
  ['deployments list', listDeployments],
  [
    'rollback',
    ({ provider, args: [version = '', ...rest], environment }) =>
      provider.deployVersion(workerOf(environment), version, valueOf(rest, '--message') ?? ''),
  ],
  [
    'queues consumer remove',
    ({ provider, args: [queue = '', worker = ''] }) => provider.removeConsumer(queue, worker),
  ],
  ['queues delete', ({ provider, args: [name = ''] }) => provider.deleteQueue(name)],
  ['d1 delete', ({ provider, args: [name = ''] }) => provider.deleteDatabase(name)],
  ['delete', ({ provider, environment }) => provider.deleteWorker(workerOf(environment))],
]

function execute({ provider, args: [name = '', ...rest] }: Command): Answer {
  const file = valueOf(rest, '--file')
  if (file !== undefined) return provider.importSql(name, readFileSync(file, 'utf8'))
  return provider.query(name, valueOf(rest, '--command') ?? '').map((results) => ({ results }))
}

function exportDatabase({ provider, args: [name = '', ...rest] }: Command): void {
  writeFileSync(valueOf(rest, '--output') ?? '', provider.exportSql(name))
}

function workerOf(environment: string): string {
  return readTarget(environment).worker
}

function tellQueue(provider: Provider, name: string): string {
  const queue = provider.queues.get(name)
  if (!queue) throw new ApiFault(404, 11000, `Queue "${name}" does not exist.`)
  return `Queue Name: ${name}\nConsumers: ${queue.consumers.map((worker) => `worker:${worker}`).join(',')}\n`
}

function tellDeployment({ provider, environment }: Command) {
  const last = provider.call('GET deployments', () =>
    provider.worker(workerOf(environment)).deployments.at(-1),
  )
  return {
    versions: [{ version_id: last?.versionId }],
    annotations: { 'workers/message': last?.message },
  }
}

function listDeployments({ provider, environment }: Command) {
  const { deployments } = provider.worker(workerOf(environment))
  return provider.call('GET deployments', () =>
    deployments.map(({ versionId, message }, index) => ({
      created_on: new Date(index * 1000).toISOString(),
      annotations: { 'workers/message': message },
      versions: [{ version_id: versionId }],
    })),
  )
}

function tellVersion({ provider, args, environment }: Command) {
  const { versions } = provider.worker(workerOf(environment))
  const version = provider.call('GET version', () => versions.find(({ id }) => id === args[0]))
  const bindings = Object.entries(version?.vars ?? {}).map(([name, text]) => ({ name, text }))
  return { resources: { bindings } }
}

/** Each in a call of its own, with its note in d1_migrations, as one transaction. */
function migrate({ provider, args: [database = ''] }: Command): void {
  provider.query(
    database,
    `CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY, name TEXT)`,
  )
  const [applied = []] = provider.query(database, 'SELECT name FROM d1_migrations')
  const names = new Set(applied.map(({ name }) => String(name)))
  for (const name of MIGRATIONS.filter((one) => !names.has(one))) {
    const text = readFileSync(`migrations/${name}`, 'utf8')
    provider.query(database, `${text}\nINSERT INTO d1_migrations (name) VALUES ('${name}');`)
  }
}

/** Uploaded, given a URL and a schedule, and then its queues: a cut may leave it with some of these. */
function deployWorker({ provider, args, env, environment }: Command): void {
  const target = readTarget(environment)
  const given = args.flatMap((text, index) =>
    args[index - 1] === '--var' ? [text.split(/:(.*)/s)] : [],
  )
  const database = target.databases[0]?.name ?? ''
  const vars = {
    ...target.vars,
    ...Object.fromEntries(given),
    database,
  }
  const file = valueOf(args, '--secrets-file')
  const secrets = file === undefined ? {} : Secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
  const isThere = provider.call('GET service', () => provider.workers.has(target.worker))
  const version = isThere
    ? provider.addVersion(target.worker, { vars, secrets })
    : provider.putWorker(target.worker, { vars, secrets })
  if (isThere) provider.deployVersion(target.worker, version.id, '')
  provider.enableUrl(target.worker)
  provider.schedule(target.worker, target.crons)
  for (const queue of target.queues) provider.addConsumer(queue, target.worker)
  const told = {
    type: 'deploy',
    version_id: version.id,
    targets: [`https://${target.worker}.example.workers.dev`, 'schedule: * * * * *'],
  }
  appendFileSync(env['WRANGLER_OUTPUT_FILE_PATH'] ?? '', `${JSON.stringify(told)}\n`)
}
