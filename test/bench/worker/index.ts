// The Worker as it is deployed, with a meter on its database and its queues, and the bare runtime beside it.
import type { DeliveryRef } from '../../../src/db/words.ts'
import service from '../../../src/index.ts'
import { limitD1 } from '../../d1-limits.ts'
import { bareConsume, isBare, sendBare } from './bare.ts'
import { meter, meterDatabase, meterMessage, meterQueue, readMeter } from './meter.ts'
import type { Door } from './reading.ts'

const CONTROL = '/_bench/'

/** A minute in which no pruning is due. */
const SWEEP_ONLY: ScheduledController = { scheduledTime: 60_000, cron: '* * * * *', noRetry() {} }

const UNLIMITED: RateLimit = { limit: () => Promise.resolve({ success: true }) }

// Lines of the log are made, but not written: a pipe to the process beside this one is no part of production.
console.log = () => {
  meter.logLines += 1
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it
export default {
  async fetch(request, env, context) {
    const url = new URL(request.url)
    if (url.pathname.startsWith(CONTROL)) {
      return control(url, request, env, context).catch(
        (error: unknown) => new Response(String(error), { status: 500 }),
      )
    }
    meter.requests += 1
    const response = await service.fetch(request, metered(env, 'fetch'), context)
    meter.answered[response.status] = (meter.answered[response.status] ?? 0) + 1
    return response
  },

  async queue(batch, env, context) {
    // Each time it is asked for, the runtime makes the list anew.
    const { messages, queue } = batch
    if (isBare(messages[0]?.body)) return bareConsume(messages)
    meter.invocations += 1
    meter.received += messages.length
    const counted = messages.map(meterMessage)
    await service.queue({ ...batch, queue, messages: counted }, metered(env, 'queue'), context)
  },

  scheduled: (controller, env, context) =>
    service.scheduled(controller, metered(env, 'scheduled'), context),
} satisfies ExportedHandler<Env, DeliveryRef>

/** What the route `sql` is asked with: for the first database, or a named one. */
type Statement = { query: string; params: unknown[]; database?: keyof Env }

const meteredEnvs = new Map<Door, Env>()

/**
 * One for each door: an isolate's env is always the same, and so must this be. D1 is as strict as in
 * production, but for the statements an invocation may have: here invocations share it.
 */
function metered(env: Env, door: Door): Env {
  const known = meteredEnvs.get(door)
  if (known) return known
  const made: Env = {
    ...env,
    ...meterDatabases(env, door),
    FRESH_QUEUE: meterQueue(env.FRESH_QUEUE, door, 'fresh'),
    BULK_QUEUE: meterQueue(env.BULK_QUEUE, door, 'bulk'),
    RETRY_QUEUE: meterQueue(env.RETRY_QUEUE, door, 'retry'),
    // Locally a write to disk for each request; in production a counter in memory.
    API_KEY_LIMIT: UNLIMITED,
    ORG_EVENTS_LIMIT: UNLIMITED,
    REDELIVER_LIMIT: UNLIMITED,
    PLAN_REPLAY_LIMIT: UNLIMITED,
  }
  meteredEnvs.set(door, made)
  return made
}

/** Every database that DATABASES names. */
function meterDatabases(env: Env, door: Door): Pick<Env, 'DB'> {
  const bindings: Record<string, unknown> = { ...env }
  const all = { DB: meterOne(env.DB, door, 'DB') }
  for (const name of env.DATABASES.split(',')) {
    const database = bindings[name]
    if (isD1(database)) Object.assign(all, { [name]: meterOne(database, door, name) })
  }
  return all
}

function isD1(binding: unknown): binding is D1Database {
  return typeof binding === 'object' && binding !== null && 'prepare' in binding
}

function meterOne(database: D1Database, door: Door, name: string): D1Database {
  return meterDatabase(limitD1(database, Infinity), { door, name })
}

async function control(
  url: URL,
  request: Request,
  env: Env,
  context: ExecutionContext,
): Promise<Response> {
  const action = url.pathname.slice(CONTROL.length)
  if (action === 'meter') return Response.json(readMeter())
  if (action === 'peek') return Response.json(meter)
  if (action === 'latency') {
    meter.latencyMs = Number(url.searchParams.get('ms'))
    return Response.json({})
  }
  if (action === 'sweep') {
    await service.scheduled(SWEEP_ONLY, metered(env, 'scheduled'), context)
    return Response.json({})
  }
  if (action === 'sql') {
    const { query, params, database } = await request.json<Statement>()
    const named: unknown = database && { ...env }[database]
    return Response.json(
      await (isD1(named) ? named : env.DB)
        .prepare(query)
        .bind(...params)
        .run(),
    )
  }
  if (action === 'enqueue') {
    await metered(env, 'queue').RETRY_QUEUE.sendBatch(await request.json())
    return Response.json({})
  }
  if (action === 'probe') {
    const { url: to } = await request.json<{ url: string }>()
    await env.DB.prepare('SELECT 1').run()
    await (await fetch(to, { method: 'POST', body: '{}' })).text()
    return Response.json({})
  }
  if (action === 'bare') {
    await sendBare(env.FRESH_QUEUE, await request.json())
    return Response.json({})
  }
  return new Response('no such action', { status: 404 })
}
