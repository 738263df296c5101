// The whole service on real D1, with a receiver, a clock, chance and queues that a test controls.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createApp } from '../src/api/app.ts'
import { parseConfig } from '../src/config.ts'
import { createVault } from '../src/credentials/vault.ts'
import { createDatabase } from '../src/db/client.ts'
import { createStore } from '../src/db/store.ts'
import type { Transition } from '../src/db/transitions.ts'
import type { DeliveryRef } from '../src/db/words.ts'
import { SLOW_MS } from '../src/delivery/attempt/watch.ts'
import { consume } from '../src/delivery/consume.ts'
import { countConnections } from '../src/delivery/send/connections.ts'
import { sweep } from '../src/delivery/sweep.ts'
import type { Limiter } from '../src/limits.ts'
import { makeResolver } from '../src/wiring.ts'
import type { DeliveryQueue, World as EngineWorld, Lane, LogLine, Fetch } from '../src/world.ts'
import { sixConnections, type Connect } from './connections.ts'
import { limitD1 } from './d1-limits.ts'
import { Receiver } from './receiver.ts'

/** A message in a queue, and when it may be received. */
type Queued = { body: unknown; at: number }

/** The start of the clock: a Monday noon. */
const START = Date.parse('2026-11-23T12:00:00Z')

const MINUTE_MS = 60_000

/** JSON as it came back. The tests' own assertions say what is expected in it. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads answers by hand
export type Json = any

/** An answer: its status, headers and JSON body. */
export type Answered = { status: number; headers: Headers; body: Json }

/** A service, one org with a key, and the means to let time pass. */
export class World {
  readonly receiver = new Receiver(() => this.clock)
  readonly fresh: Queued[] = []
  readonly retry: Queued[] = []
  readonly logs: LogLine[] = []
  readonly transitions: Transition[] = []
  readonly vars: Record<string, unknown>
  clock = START
  random = 0.5
  key = ''
  orgId = ''
  db: D1Database = env.DB
  /** The keys of the vault, as SECRETS_KEYS has them. */
  secretsKeys = env.SECRETS_KEYS
  /** Counts requests; nothing is limited unless a test says so. */
  limiter: Limiter | undefined
  /** What answers under DOH_URL. */
  dns: Fetch = () => Promise.reject(new Error('nobody answers'))
  readonly #deferred: Promise<unknown>[] = []
  readonly #app = createApp(() => this.engine())

  private constructor(vars: Record<string, unknown>) {
    this.vars = vars
  }

  /** A new service with an org and its key; `vars` override the Worker's. */
  static async create(vars: Record<string, unknown> = {}): Promise<World> {
    const world = new World(vars)
    const { orgId, key } = await world.createOrg('Acme')
    world.orgId = orgId
    world.key = key
    return world
  }

  async engine(): Promise<EngineWorld> {
    const config = parseConfig({ ...env, ...this.vars })
    const connect = sixConnections()
    const takeConnection = countConnections()
    const dns: Fetch = (url, init) => connect(() => this.dns(url, init), init.signal)
    return {
      config,
      vault: await createVault(this.secretsKeys),
      store: createStore(
        createDatabase(limitD1(this.db), { random: () => this.random, sleep: async () => {} }),
      ),
      queues: { fresh: this.#queue(this.fresh, connect), retry: this.#queue(this.retry, connect) },
      fetch: (url, init) => connect(() => this.receiver.fetch(url, init), init.signal),
      takeConnection,
      resolver: makeResolver(config, dns, takeConnection),
      now: () => this.clock,
      // Real time does not pass here: no destination is ever slow, and what is shorter is over at once.
      sleep: (ms) => (ms < SLOW_MS ? Promise.resolve() : new Promise(() => {})),
      random: () => this.random,
      defer: (work) => this.#deferred.push(work),
      log: (line) => this.logs.push(line),
      listen: (transitions) => this.transitions.push(...transitions),
      isWithinLimit: this.limiter,
    }
  }

  async createOrg(name: string): Promise<{ orgId: string; key: string }> {
    const admin = { key: env.ADMIN_TOKEN }
    const org = await this.call('POST', '/admin/orgs', { name }, admin)
    const path = `/admin/orgs/${org.body.id}/api_keys`
    const { body } = await this.call('POST', path, { name: 'test' }, admin)
    return { orgId: org.body.id, key: body.key }
  }

  /** Calls the API with the org's key and a JSON body, or a body given as text. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    options: { key?: string; headers?: Record<string, string> } = {},
  ): Promise<Answered> {
    const response = await this.fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${options.key ?? this.key}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, body: text ? JSON.parse(text) : undefined }
  }

  /** Requests a path exactly as told, with nothing added. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const url = `https://api.callingbox.example${path}`
    const bindings = { ...env, ...this.vars }
    const response = await this.#app.request(url, init, bindings, createExecutionContext())
    await this.settle()
    return response
  }

  /** Waits for what went on after an answer. */
  async settle(): Promise<void> {
    await Promise.all(this.#deferred.splice(0))
  }

  createEndpoint(body: Json = {}, options = {}): Promise<Answered> {
    const url = 'https://receiver.example/hooks'
    return this.call('POST', '/v1/webhook_endpoints', { url, ...body }, options)
  }

  /** Sends an event about a call. */
  async send(call: Json = {}, event: Json = {}, options = {}): Promise<Answered> {
    const body = { type: 'call.completed', call: { id: crypto.randomUUID(), ...call }, ...event }
    return this.call('POST', '/v1/events', body, options)
  }

  /** Accepts an event and gives back its first delivery's id. */
  async deliver(call: Json = {}): Promise<string> {
    const { body } = await this.send(call)
    return body.deliveries[0].id
  }

  async delivery(id: string): Promise<Json> {
    const { body } = await this.call('GET', `/v1/webhook_deliveries/${id}`)
    return body
  }

  redeliver(id: string, options = {}): Promise<Answered> {
    return this.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, undefined, options)
  }

  async endpoint(id: string): Promise<Json> {
    const { body } = await this.call('GET', `/v1/webhook_endpoints/${id}`)
    return body
  }

  /** Runs the consumer on every message that may be received now, until there are none. */
  async drain(): Promise<void> {
    while (this.#hasDue()) {
      for (const lane of ['fresh', 'retry'] as const) {
        const batch = this.#takeDue(lane)
        if (batch.length > 0) await this.consume(batch, lane)
      }
    }
  }

  /** Runs the consumer on these messages; one that it retries goes back to its queue. */
  async consume(batch: Queued[], lane: Lane = 'retry'): Promise<void> {
    const messages = batch.map(({ body }) => ({
      body,
      ack: () => {},
      retry: ({ delaySeconds = 0 }: { delaySeconds?: number } = {}) => {
        this[lane].push({ body, at: this.clock + delaySeconds * 1000 })
      },
    }))
    await consume(await this.engine(), messages, lane)
    await this.settle()
  }

  async sweep(): Promise<void> {
    await sweep(await this.engine())
  }

  /** Lets time pass: the cron ticks by the minute, messages are received when they are due. */
  async pass(ms: number): Promise<void> {
    const end = this.clock + ms
    await this.drain()
    while (this.clock < end) {
      const tick = await this.#nextTick()
      const due = [...this.fresh, ...this.retry].map(({ at }) => at)
      this.clock = Math.min(end, tick, ...due.map((at) => Math.max(at, this.clock + 1)))
      if (this.clock === tick) await this.sweep()
      await this.drain()
    }
  }

  /** The next minute in which the sweep finds anything: days of ticks for nothing take no time. */
  async #nextTick(): Promise<number> {
    const soonest = await env.DB.prepare(
      `SELECT min(at) AS at FROM (
        SELECT min(sweep_at) - ${MINUTE_MS} AS at FROM deliveries WHERE status = 'pending'
        UNION ALL SELECT min(sweep_at) FROM endpoints
        UNION ALL SELECT min(sweep_at) FROM deleted_endpoints)`,
    ).first<number>('at')
    const from = Math.max(this.clock + 1, soonest ?? Number.MAX_SAFE_INTEGER)
    return Math.ceil(from / MINUTE_MS) * MINUTE_MS
  }

  #hasDue(): boolean {
    return [...this.fresh, ...this.retry].some(({ at }) => at <= this.clock)
  }

  #takeDue(lane: Lane): Queued[] {
    const due = this[lane].filter(({ at }) => at <= this.clock)
    const rest = this[lane].filter(({ at }) => at > this.clock)
    this[lane].splice(0, this[lane].length, ...rest)
    return due
  }

  #queue(messages: Queued[], connect: Connect): DeliveryQueue {
    return {
      sendBatch: (batch: Iterable<MessageSendRequest<DeliveryRef>>) =>
        connect(async () => {
          for (const { body, delaySeconds = 0 } of batch) {
            messages.push({ body: structuredClone(body), at: this.clock + delaySeconds * 1000 })
          }
          return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
        }),
    }
  }
}
