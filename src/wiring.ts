// The one place that turns a Worker's env into the world that everything works in.
import { BoundedMap } from './bounded-map.ts'
import { type Config, ConfigError, parseConfig } from './config.ts'
import { checkSecrets } from './credentials/operator-secrets.ts'
import { createVault } from './credentials/vault.ts'
import { createDatabase, type Patience, type Tally } from './db/client.ts'
import { operationOf } from './db/operation.ts'
import type { Home } from './db/places.ts'
import { createStore } from './db/store.ts'
import { certificateBy } from './delivery/attempt/certificate.ts'
import { tellWhenDue } from './delivery/attempt/lines.ts'
import { createHosts } from './delivery/attempt/host-turns.ts'
import { countRoom } from './delivery/attempt/room.ts'
import { hearOf } from './delivery/announce.ts'
import { createRecordGroups } from './delivery/record.ts'
import { countShares } from './delivery/share.ts'
import { countConnections } from './delivery/send/connections.ts'
import { createResolver } from './delivery/send/resolve.ts'
import { writeCounts } from './delivery/upkeep/counts.ts'
import { AppError } from './errors.ts'
import { countEvents, type Limiter } from './limits.ts'
import { Meters } from './metrics.ts'
import type { Fetch, Isolate, Resolver, TakeConnection, World } from './world.ts'

/** Makes the world of one invocation. @throws AppError `misconfigured`, its cause naming the variable. */
export type MakeWorld = (env: Env, context: Pick<ExecutionContext, 'waitUntil'>) => Promise<World>

/** What every world of an env shares. */
type Shared = Pick<World, 'certificates' | 'config' | 'vault' | 'store' | 'isolate'>

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
    const world: World = {
      ...shared,
      queues: queuesOf(env),
      fetch: request,
      takeConnection,
      resolver: makeResolver(shared.config, request, takeConnection),
      now: Date.now,
      sleep,
      random: Math.random,
      defer: (work) => context.waitUntil(thenWrite(work, world)),
      log: (line) => console.log(JSON.stringify(line)),
      writePoint: pointWriter(env),
      isWithinLimit: makeLimiter(env),
      listen: (transitions) => hearOf(world, transitions),
    }
    tellWhenDue(world)
    context.waitUntil(writeCounts(world))
    return world
  }
}

/** What went on behind the answer was counted, too. */
async function thenWrite(work: Promise<unknown>, world: World): Promise<void> {
  try {
    await work
  } finally {
    await writeCounts(world)
  }
}

/** An environment of the operator's own may lack the bulk queue: what it is for takes the fresh lane then, which no sweep looks at. */
function queuesOf(env: Partial<Env> & Pick<Env, 'FRESH_QUEUE' | 'RETRY_QUEUE'>): World['queues'] {
  const { FRESH_QUEUE: fresh, RETRY_QUEUE: retry, BULK_QUEUE: bulk = fresh } = env
  return { fresh, bulk, retry }
}

function sleep(ms: number): Promise<void> {
  return scheduler.wait(ms)
}

function request(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init)
}

/** The binding is optional: without it there is no history. */
function pointWriter({ METRICS }: Partial<Env>): World['writePoint'] {
  return METRICS && ((point) => METRICS.writeDataPoint(point))
}

/** A counter that fails lets all through: it guards against abuse, and nobody is authorized by it. */
function makeLimiter(env: Env): Limiter {
  // An environment of the operator's own may lack one.
  const bindings: Record<Parameters<Limiter>[0], RateLimit | undefined> = {
    auth_failures: env.AUTH_FAILURES_LIMIT,
    api_key: env.API_KEY_LIMIT,
    redeliver: env.REDELIVER_LIMIT,
    plan_replay: env.PLAN_REPLAY_LIMIT,
    unproven_host: env.UNPROVEN_HOST_LIMIT,
    org_events: env.ORG_EVENTS_LIMIT,
  }
  return async function isWithinLimit(counted, key) {
    const answer = await bindings[counted]?.limit({ key }).catch(() => undefined)
    return answer?.success ?? true
  }
}

/** What an isolate's invocations have together, at its start. */
export function createIsolate(now: () => number): Isolate {
  const untold = { successes: [], since: 0 }
  const meters = new Meters()
  return {
    takeRoom: countRoom(now),
    takeShare: countShares(now),
    records: createRecordGroups(),
    untold,
    hosts: createHosts(),
    shutOut: new BoundedMap(),
    countEvents: countEvents(),
    ownQuotas: new BoundedMap(),
    filters: new BoundedMap(100),
    ordered: new BoundedMap(),
    meters,
  }
}

/** Counts what each call of a database costs, by what its statements do; the call, by the first that writes. */
export function countCalls(meters: Meters): Tally {
  return (called, isFailed) => {
    const operations = called.map(({ query }) => operationOf(query))
    const operation = operations.find((one) => !one.startsWith('select')) ?? operations[0] ?? ''
    meters.count('d1_round_trips_total', { operation })
    if (isFailed) meters.count('d1_failures_total', { operation })
    for (const [place, { read, written }] of called.entries()) {
      const labels = { operation: operations[place] ?? '' }
      if (read > 0) meters.count('d1_rows_read_total', labels, read)
      if (written > 0) meters.count('d1_rows_written_total', labels, written)
    }
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
    if (!env.SECRETS_KEYS) throw new ConfigError('Configuration: SECRETS_KEYS is not set')
    checkSecrets(env)
    // Env's bindings are objects and its vars strings; the schema looks at the vars alone.
    const config = parseConfig({ ...env })
    const vault = await openVault(env.SECRETS_KEYS)
    const isolate = createIsolate(Date.now)
    const patience = { random: Math.random, sleep }
    const homes = openDatabases(config, { ...env }, patience, countCalls(isolate.meters))
    const certificates = findCertificates({ ...env })
    return { certificates, config, vault, store: createStore(homes), isolate }
  } catch (error) {
    throw new AppError('misconfigured', { cause: error })
  }
}

/** @throws ConfigError for a name without a binding. */
export function openDatabases(
  { databases }: Config,
  bindings: Record<string, unknown>,
  patience: Patience,
  tally: Tally,
): [Home, ...Home[]] {
  const [first = 'DB', ...others] = databases
  const open = (name: string): Home => {
    const binding = bindings[name]
    if (isD1(binding)) return { name, db: createDatabase(binding, patience, tally) }
    throw new ConfigError(
      `Configuration: DATABASES names ${name}, but no D1 binding of wrangler.toml is called ${name}`,
    )
  }
  return [open(first), ...others.map(open)]
}

/**
 * Those of an env's bindings that are client certificates, by their names: what stands behind MTLS_, in small letters.
 * @throws ConfigError for what makes no name, and for two of one.
 */
export function findCertificates(bindings: Record<string, unknown>): ReadonlyMap<string, Fetch> {
  const found = new Map<string, Fetch>()
  for (const [binding, bound] of Object.entries(bindings)) {
    const name = certificateBy(binding)
    if (name === undefined || !isFetcher(bound)) continue
    if (name === null) {
      throw new ConfigError(`Configuration: the binding ${binding} names no client certificate`)
    }
    if (found.has(name)) {
      throw new ConfigError(`Configuration: two bindings name the client certificate ${name}`)
    }
    found.set(name, (url, init) => bound.fetch(url, init))
  }
  return found
}

function isFetcher(bound: unknown): bound is Fetcher {
  return typeof bound === 'object' && bound !== null && 'fetch' in bound
}

function isD1(binding: unknown): binding is D1Database {
  return typeof binding === 'object' && binding !== null && 'prepare' in binding
}

async function openVault(keys: string) {
  return createVault(keys).catch((error: unknown) => {
    throw new ConfigError(`Configuration: SECRETS_KEYS: ${String(error)}`, { cause: error })
  })
}
