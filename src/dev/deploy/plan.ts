// The plan: from what an account has to the steps that are missing, each with what it does and what to do when it fails.
import { createHash } from 'node:crypto'
import type { Account, WorkerState } from '../provider/account.ts'
import { nameOf, type Target } from '../provider/target.ts'

/** One thing to do. Whatever is cut off between two of them, the next plan has the rest. */
export type Step =
  | { does: 'create-database'; name: string }
  | { does: 'create-queue'; name: string }
  | { does: 'migrate'; name: string; migrations: string[] }
  | { does: 'deploy'; secrets: string[]; ownHosts: string[]; isHostUnknown: boolean }
  | { does: 'check' }
  | { does: 'make-key' }

/** What is to be deployed: the names of the migrations, and what tells this code and config from any other. */
export type Release = { migrations: string[]; fingerprint: string }

/** What is known on this machine: that a run before this one has not told its key yet. */
export type Memory = { isUnfinished: boolean }

/** How the message of a deployment begins that has come to its end. */
export const MARK = 'npm run deploy '

const WORKERS_DEV = '.workers.dev'

/** What a finished deployment is marked with. */
export function markOf({ fingerprint }: Release, ownHosts: string[]): string {
  const hash = createHash('sha256').update(`${fingerprint}\n${ownHosts.toSorted().join()}`)
  return `${MARK}${hash.digest('hex').slice(0, 16)}`
}

/** The steps, in order; where all is as it is to be, the last look alone. */
export function makePlan(
  target: Target,
  account: Account,
  release: Release,
  memory: Memory,
): Step[] {
  const { databases, queues, worker } = account
  const missing = target.databases.filter(({ name }) => !databases.has(name))
  return [
    ...missing.map(({ name }) => ({ does: 'create-database' as const, name })),
    ...target.queues
      .filter((name) => !queues.has(name))
      .map((name) => ({ does: 'create-queue' as const, name })),
    ...planMigrations(target, account, release),
    ...planDeployment(target, worker, release),
    { does: 'check' },
    ...([...databases.values()].some(({ hasKey }) => hasKey) && !memory.isUnfinished
      ? []
      : [{ does: 'make-key' as const }]),
  ]
}

function planMigrations({ databases }: Target, account: Account, release: Release): Step[] {
  return databases.flatMap(({ name }) => {
    const applied = account.databases.get(name)?.migrations ?? []
    const migrations = release.migrations.filter((one) => !applied.includes(one))
    return migrations.length === 0 ? [] : [{ does: 'migrate' as const, name, migrations }]
  })
}

function planDeployment(target: Target, worker: WorkerState | undefined, release: Release): Step[] {
  const secrets = target.secrets.filter((name) => !worker?.secrets.includes(name))
  const ownHosts = findOwnHosts(target, worker)
  const isHostUnknown =
    target.isOnWorkersDev && !ownHosts.some((host) => host.endsWith(WORKERS_DEV))
  const isDone = worker?.message === markOf(release, ownHosts)
  if (isDone && secrets.length === 0 && !isHostUnknown) return []
  return [{ does: 'deploy', secrets, ownHosts, isHostUnknown }]
}

/** The Worker's own names as far as they are known: its domains, wrangler.toml's, and what a deployment had before. */
export function findOwnHosts(target: Target, worker: WorkerState | undefined): string[] {
  const written = split(target.vars['OWN_HOSTS'] ?? '')
  const deployed = split(worker?.ownHosts ?? '').filter((host) => host.endsWith(WORKERS_DEV))
  return [...new Set([...target.domains, ...written, ...(target.isOnWorkersDev ? deployed : [])])]
}

function split(hosts: string): string[] {
  return hosts.split(',').filter(Boolean)
}

/** What a step does. */
export function describe(step: Step, target: Target): string {
  switch (step.does) {
    case 'create-database':
      return `make the database ${step.name}`
    case 'create-queue':
      return `make the queue ${step.name}`
    case 'migrate':
      return `bring the database ${step.name} up to date: ${step.migrations.join(', ')}`
    case 'deploy':
      return describeDeployment(step, target)
    case 'check':
      return 'wait until /healthz answers "ok"'
    case 'make-key':
    default:
      return 'make the first organization and its API key'
  }
}

/** What to think of when a step fails. */
export const REMEDIES: Record<Step['does'], string> = {
  'create-database': 'May the token edit D1, and has the account room for another database?',
  'create-queue': 'May the token edit Queues, and does the account’s plan have them?',
  migrate:
    'Each migration is applied whole or not at all, and nothing is deployed before its tables are there.',
  deploy: 'What ran before goes on running.',
  check: 'The Worker is deployed.',
  'make-key': 'The Worker runs, and only the key is missing.',
}

function describeDeployment(step: Step & { does: 'deploy' }, target: Target): string {
  const { secrets, ownHosts, isHostUnknown } = step
  return [
    `deploy the Worker ${target.worker} (${nameOf(target)})`,
    ...(secrets.length > 0 ? [`with new secrets: ${secrets.join(', ')}`] : []),
    ...(ownHosts.length > 0 ? [`OWN_HOSTS: ${ownHosts.join(',')}`] : []),
    ...(isHostUnknown ? ['and once more with its name under workers.dev, known by then'] : []),
  ].join(', ')
}
