// What wrangler.toml wants to be there in an environment.
import { unstable_readConfig as readConfig } from 'wrangler'
import { z } from 'zod'
import { CommandError } from './error.ts'

const CONFIG = 'wrangler.toml'

/** A database, by its binding and by its name in the account. */
export type TargetDatabase = { binding: string; name: string }

/** All that a deployment needs. */
export type Target = {
  /** As `--env` names it; empty for what stands at the top: production. */
  env: string
  worker: string
  databases: TargetDatabase[]
  queues: string[]
  secrets: string[]
  /** When its cron ticks. */
  crons: string[]
  vars: Record<string, string>
  /** Host names of its own, of `routes` with `custom_domain`. */
  domains: string[]
  /** Whether it has a name under workers.dev, too. */
  isOnWorkersDev: boolean
}

/** What is read of it: wrangler's own types need more of Node than there is here. */
const Config = z.object({
  name: z.string(),
  d1_databases: z.array(z.object({ binding: z.string(), database_name: z.string() })).min(1),
  queues: z.object({
    producers: z.array(z.object({ queue: z.string() })).min(1),
    consumers: z.array(z.object({ queue: z.string() })).default([]),
  }),
  triggers: z.object({ crons: z.array(z.string()).default([]) }),
  secrets: z.object({ required: z.array(z.string()) }),
  vars: z.record(z.string(), z.string()),
  routes: z
    .array(
      z.union([
        z.string(),
        z.looseObject({ pattern: z.string(), custom_domain: z.boolean().optional() }),
      ]),
    )
    .default([]),
  workers_dev: z.boolean().default(true),
})

const Environments = z.object({ definedEnvironments: z.array(z.string()).default([]) })

/**
 * Reads it for an environment.
 * @throws CommandError for one that there is not, with those there are; for one that lacks what it needs; and for one
 * that names a Worker, a database or a queue of another, which a deployment would change, and a destroy delete.
 */
export function readTarget(env: string, path = CONFIG): Target {
  const { definedEnvironments } = Environments.parse(readConfig({ config: path, env: '' }))
  if (env !== '' && !definedEnvironments.includes(env)) {
    throw new CommandError(
      `There is no environment "${env}" in ${CONFIG}. There are: ${definedEnvironments.join(', ')}; and production, without --env.`,
    )
  }
  const target = readOne(env, path)
  for (const other of ['', ...definedEnvironments].filter((name) => name !== env)) {
    const shared = namesOf(target).find((name) => rawNamesOf(other, path).has(name))
    if (shared !== undefined) {
      throw new CommandError(
        `"${shared}" in ${CONFIG} is of ${nameOf(target)} and of ${nameOf({ env: other })}: what is done to one would be done to both. Give each its own names.`,
      )
    }
  }
  return target
}

function namesOf({ worker, databases, queues }: Target): string[] {
  return [worker, ...databases.map(({ name }) => name), ...queues]
}

/** Those of an environment that may lack something: it is not the one that is asked for. */
function rawNamesOf(env: string, path: string): Set<string> {
  const { data } = Config.safeParse(readConfig({ config: path, env }))
  return new Set(data ? namesOf(toTarget(env, data)) : [])
}

function readOne(env: string, path: string): Target {
  const { data, error } = Config.safeParse(readConfig({ config: path, env }))
  if (data) return toTarget(env, data)
  const lacking = error.issues.map((one) => one.path.join('.')).join(', ')
  throw new CommandError(
    `${nameOf({ env })} lacks in ${CONFIG}, or has in another form than it needs: ${lacking}. An environment inherits none of it: copy [env.staging], with names of its own.`,
  )
}

function toTarget(env: string, config: z.infer<typeof Config>): Target {
  const queues = [...config.queues.producers, ...config.queues.consumers]
  return {
    env,
    worker: config.name,
    databases: config.d1_databases.map(({ binding, database_name: name }) => ({ binding, name })),
    queues: [...new Set(queues.map(({ queue }) => queue))],
    crons: config.triggers.crons,
    secrets: config.secrets.required,
    vars: config.vars,
    domains: config.routes.flatMap((route) =>
      typeof route !== 'string' && route.custom_domain === true ? route.pattern : [],
    ),
    isOnWorkersDev: config.workers_dev,
  }
}

/** What the environment is called. */
export function nameOf({ env }: Pick<Target, 'env'>): string {
  return env === '' ? 'production' : env
}

/** The command that deploys it. */
export function commandFor(script: string, { env }: Target): string {
  return env === '' ? `npm run ${script}` : `npm run ${script} -- --env ${env}`
}
