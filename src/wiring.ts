// The one place that turns a Worker's env into the world that everything works in.
import { type Config, ConfigError, parseConfig } from './config.ts'
import { createVault } from './credentials/vault.ts'
import { createDatabase } from './db/client.ts'
import { createStore } from './db/store.ts'
import { countConnections } from './delivery/send/connections.ts'
import { createResolver } from './delivery/send/resolve.ts'
import { AppError } from './errors.ts'
import type { Limiter, Policy } from './limits.ts'
import type { Fetch, Resolver, TakeConnection, World } from './world.ts'

/** Makes the world of one invocation. @throws AppError `misconfigured`, its cause naming the variable. */
export type MakeWorld = (env: Env, context: Pick<ExecutionContext, 'waitUntil'>) => Promise<World>

/** It opens everything, so it is no word to guess: as long as NIST SP 800-63B-4 asks (15), and one more. */
const ADMIN_TOKEN = /^[\x21-\x7e]{16,}$/

/** What every world of an env shares. */
type Shared = Pick<World, 'config' | 'vault' | 'store'>

/**
 * Makes the maker of worlds. It prepares once what an env's worlds share: vars and secrets of an
 * isolate never change, and to parse them takes longer than to send a webhook.
 */
export function createWorldMaker(): MakeWorld {
  const prepared = new WeakMap<Env, Shared>()
  return async function makeWorld(env, context) {
    const shared = prepared.get(env) ?? (await prepare(env))
    prepared.set(env, shared)
    const takeConnection = countConnections()
    return {
      ...shared,
      queues: { fresh: env.FRESH_QUEUE, retry: env.RETRY_QUEUE },
      fetch: request,
      takeConnection,
      resolver: makeResolver(shared.config, request, takeConnection),
      now: Date.now,
      sleep,
      random: Math.random,
      defer: (work) => context.waitUntil(work),
      log: (line) => console.log(JSON.stringify(line)),
      isWithinLimit: makeLimiter(env),
    }
  }
}

function sleep(ms: number): Promise<void> {
  return scheduler.wait(ms)
}

function request(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init)
}

/** A counter that fails lets all through: it guards against abuse, and nobody is authorized by it. */
function makeLimiter(env: Env): Limiter {
  const bindings: Record<Policy, RateLimit> = {
    auth_failures: env.AUTH_FAILURES_LIMIT,
    api_key: env.API_KEY_LIMIT,
    redeliver: env.REDELIVER_LIMIT,
  }
  return async function isWithinLimit(policy, key) {
    const { success } = await bindings[policy].limit({ key }).catch(() => ({ success: true }))
    return success
  }
}

/** The resolver of one invocation, whose memory it shares; undefined when none is configured. */
export function makeResolver(
  { dohUrl }: Config,
  fetch: Fetch,
  takeConnection: TakeConnection,
): Resolver | undefined {
  return dohUrl === undefined ? undefined : createResolver({ fetch, takeConnection, dohUrl })
}

async function prepare(env: Env): Promise<Shared> {
  try {
    if (env.ADMIN_TOKEN && !ADMIN_TOKEN.test(env.ADMIN_TOKEN)) {
      throw new ConfigError(
        'Configuration: ADMIN_TOKEN must be 16 or more characters of ASCII, no spaces',
      )
    }
    if (!env.API_KEY_PEPPER) throw new ConfigError('Configuration: API_KEY_PEPPER is not set')
    if (!env.SECRETS_KEYS) throw new ConfigError('Configuration: SECRETS_KEYS is not set')
    // Env's bindings are objects and its vars strings; the schema looks at the vars alone.
    const config = parseConfig({ ...env })
    const vault = await openVault(env.SECRETS_KEYS)
    return {
      config,
      vault,
      store: createStore(createDatabase(env.DB, { random: Math.random, sleep })),
    }
  } catch (error) {
    throw new AppError('misconfigured', { cause: error })
  }
}

async function openVault(keys: string) {
  return createVault(keys).catch((error: unknown) => {
    throw new ConfigError(`Configuration: SECRETS_KEYS: ${String(error)}`, { cause: error })
  })
}
