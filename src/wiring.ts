// The one place that turns a Worker's env into what the engine works with.
import { ConfigError, parseConfig } from './config.ts'
import { createVault } from './credentials/vault.ts'
import { createDatabase } from './db/client.ts'
import type { Engine } from './delivery/engine.ts'
import { AppError } from './errors.ts'

/**
 * Makes an engine for one invocation.
 * @throws AppError `misconfigured`, its cause naming the variable.
 */
export async function makeEngine(
  env: Env,
  context: Pick<ExecutionContext, 'waitUntil'>,
): Promise<Engine> {
  return {
    ...(await readSettings(env)),
    db: createDatabase(env.DB, { random: Math.random, sleep: (ms) => scheduler.wait(ms) }),
    queues: { fresh: env.FRESH_QUEUE, retry: env.RETRY_QUEUE },
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    random: Math.random,
    defer: (work) => context.waitUntil(work),
    log: (line) => console.log(JSON.stringify(line)),
  }
}

async function readSettings(env: Env): Promise<Pick<Engine, 'config' | 'vault'>> {
  try {
    if (!env.API_KEY_PEPPER) throw new ConfigError('Configuration: API_KEY_PEPPER is not set')
    if (!env.SECRETS_KEYS) throw new ConfigError('Configuration: SECRETS_KEYS is not set')
    // Env's bindings are objects and its vars strings; the schema looks at the vars alone.
    return { config: parseConfig({ ...env }), vault: await openVault(env.SECRETS_KEYS) }
  } catch (error) {
    throw new AppError('misconfigured', { cause: error })
  }
}

async function openVault(keys: string) {
  return createVault(keys).catch((error: unknown) => {
    throw new ConfigError(`Configuration: SECRETS_KEYS: ${String(error)}`, { cause: error })
  })
}
