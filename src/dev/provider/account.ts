// What an account has of a target: read through wrangler, and changed by nothing here.
import { z } from 'zod'
import { CommandError, refuseStranger, UnreachableError } from './error.ts'
import type { RunWrangler } from './run-wrangler.ts'
import type { Target } from './target.ts'

/** What a database has: the names of its migrations, and whether anybody has a key. */
export type DatabaseState = { migrations: string[]; hasKey: boolean }

/** What the Worker has; `message` is of its newest deployment. */
export type WorkerState = { secrets: string[]; message: string; ownHosts: string }

/** What is there of a target: databases by their names, queues with the Workers that consume them. */
export type Account = {
  databases: Map<string, DatabaseState>
  queues: Map<string, string[]>
  worker: WorkerState | undefined
}

/** One that has nothing. */
export const EMPTY_ACCOUNT: Account = { databases: new Map(), queues: new Map(), worker: undefined }

const Databases = z.array(z.object({ name: z.string() }))
const Secrets = z.array(z.object({ name: z.string() }))
const Deployment = z.object({
  versions: z.array(z.object({ version_id: z.string() })),
  annotations: z.record(z.string(), z.string()).optional(),
})
const Version = z.object({
  resources: z.object({
    bindings: z.array(z.object({ name: z.string(), text: z.string().optional() })),
  }),
})
const Rows = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }))

const ASK_STATE = 'SELECT name FROM d1_migrations ORDER BY id; SELECT 1 FROM api_keys LIMIT 1'

/** Reads all of it; the first question shows whether anybody is there to ask. @throws CommandError */
export async function readAccount(run: RunWrangler, target: Target): Promise<Account> {
  const listed = Databases.parse(await ask(run, ['d1', 'list', '--json']))
  const names = new Set(listed.map(({ name }) => name))
  const there = target.databases.filter(({ name }) => names.has(name))
  const [databases, queues, worker] = await Promise.all([
    Promise.all(
      there.map(async ({ name }) => [name, await readDatabase(run, target, name)] as const),
    ),
    Promise.all(target.queues.map((name) => findQueue(run, name))),
    findWorker(run, target),
  ])
  return { databases: new Map(databases), queues: new Map(queues.flat()), worker }
}

// Migrations are applied in order, and the first makes all that is asked for here.
async function readDatabase(
  run: RunWrangler,
  { env }: Target,
  name: string,
): Promise<DatabaseState> {
  const execute = ['d1', 'execute', name, '--remote', '--env', env, '--json', '--yes']
  const answer = await askUnless(run, [...execute, '--command', ASK_STATE], /no such table/)
  if (answer === undefined) return { migrations: [], hasKey: false }
  const [migrations, keys] = Rows.parse(answer)
  return {
    migrations: (migrations?.results ?? []).map((row) => String(row['name'])),
    hasKey: (keys?.results ?? []).length > 0,
  }
}

async function findQueue(run: RunWrangler, name: string): Promise<[string, string[]][]> {
  const { out, fault } = await run(['queues', 'info', name])
  if (fault !== undefined && /does not exist/.test(fault)) return []
  refuseFault(fault)
  const consumers = /^Consumers:(.*)$/m.exec(out)?.[1] ?? ''
  return [[name, [...consumers.matchAll(/worker:([\w-]+)/g)].flatMap(([, worker]) => worker ?? [])]]
}

async function findWorker(run: RunWrangler, target: Target): Promise<WorkerState | undefined> {
  const named = ['--env', target.env]
  const listed = await askUnless(run, ['secret', 'list', ...named], /10007|not found/)
  if (listed === undefined) return undefined
  const secrets = Secrets.parse(listed).map(({ name }) => name)
  const status = ['deployments', 'status', '--json', ...named]
  const answer = await askUnless(run, status, /no deployments/)
  if (answer === undefined) return { secrets, message: '', ownHosts: '' }
  const deployment = Deployment.parse(answer)
  const message = deployment.annotations?.['workers/message'] ?? ''
  const [version] = deployment.versions
  const view = ['versions', 'view', String(version?.version_id), '--json', ...named]
  const { resources } = Version.parse(await ask(run, view))
  const ownHosts = resources.bindings.find(({ name }) => name === 'OWN_HOSTS')?.text ?? ''
  return { secrets, message, ownHosts }
}

/** The JSON that a command answers; undefined where it fails with what is expected. */
async function askUnless(run: RunWrangler, args: string[], expected: RegExp): Promise<unknown> {
  const { out, fault } = await run(args)
  if (fault !== undefined && expected.test(fault)) return undefined
  refuseFault(fault)
  const start = out.search(/^[[{]/m)
  return JSON.parse(out.slice(Math.max(start, 0)))
}

function ask(run: RunWrangler, args: string[]): Promise<unknown> {
  return askUnless(run, args, /$^/)
}

function refuseFault(fault: string | undefined): void {
  if (fault === undefined) return
  refuseStranger(fault)
  if (/fetch failed|ENOTFOUND|ECONNREFUSED|EAI_AGAIN/.test(fault)) {
    throw new UnreachableError('No network: the provider does not answer.')
  }
  if (/code: (?:10000|9109|6003|6111|10001)\b|Authentication error/.test(fault)) {
    throw new CommandError(
      `The provider refused the credentials: ${fault} Is CLOUDFLARE_API_TOKEN right, may it edit Workers, D1 and Queues, and is CLOUDFLARE_ACCOUNT_ID its account?`,
    )
  }
  throw new CommandError(`The account cannot be read: ${fault}`)
}
