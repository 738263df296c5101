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
  d1_databases: z.array(z.object({ binding: z.string(), database_name: z.string() })),
  queues: z.object({
    producers: z.array(z.object({ queue: z.string() })).default([]),
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

/** Reads it for an environment. @throws CommandError for one that there is not, with those there are. */
export function readTarget(env: string, path = CONFIG): Target {
  const { definedEnvironments } = Environments.parse(readConfig({ config: path, env: '' }))
  if (env !== '' && !definedEnvironments.includes(env)) {
    throw new CommandError(
      `There is no environment "${env}" in ${CONFIG}. There are: ${definedEnvironments.join(', ')}; and production, without --env.`,
    )
  }
  const config = Config.parse(readConfig({ config: path, env }))
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
export function nameOf({ env }: Target): string {
  return env === '' ? 'production' : env
}

/** The command that deploys it. */
export function commandFor(script: string, { env }: Target): string {
  return env === '' ? `npm run ${script}` : `npm run ${script} -- --env ${env}`
}
