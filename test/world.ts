// The whole service on real D1, with a receiver, a clock, chance and queues that a test controls.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createApp } from '../src/api/app.ts'
import { parseConfig, type Config } from '../src/config.ts'
import { createVault } from '../src/credentials/vault.ts'
import { createStore, type Store } from '../src/db/store.ts'
import type { Transition } from '../src/db/transitions.ts'
import type { DeliveryRef, StepRef } from '../src/db/words.ts'
import { createHosts } from '../src/delivery/attempt/host-turns.ts'
import { countRoom } from '../src/delivery/attempt/room.ts'
import { SLOW_MS } from '../src/delivery/attempt/watch.ts'
import { mcpRoutes } from '../src/mcp/routes.ts'
import { receive } from '../src/delivery/receive.ts'
import { startOverdue } from '../src/delivery/replay/step.ts'
import { countConnections } from '../src/delivery/send/connections.ts'
import { sweep } from '../src/delivery/sweep.ts'
import type { Limiter } from '../src/limits.ts'
import { countCalls, createIsolate, makeResolver, openDatabases } from '../src/wiring.ts'
import type { DeliveryQueue, World as EngineWorld, Lane, LogLine, Fetch } from '../src/world.ts'
import { LANES } from '../src/world.ts'
import { sixConnections, type Connect } from './connections.ts'
import { checkAnswer } from './contract.ts'
import { limitD1 } from './d1-limits.ts'
import { late } from './late-d1.ts'
import { nextTick } from './next-tick.ts'
import { Receiver } from './receiver.ts'

/** A message in a queue, and when it may be received. */
type Queued = { body: unknown; at: number }

/** The start of the clock: a Monday noon. */
const START = Date.parse('2026-11-23T12:00:00Z')

/** JSON as it came back. The tests' own assertions say what is expected in it. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads answers by hand
export type Json = any

/** An answer: its status, headers and JSON body. */
export type Answered = { status: number; headers: Headers; body: Json }

/** A service, one org with a key, and the means to let time pass. */
export class World {
  readonly receiver = new Receiver(() => this.clock)
  readonly fresh: Queued[] = []
  readonly bulk: Queued[] = []
  readonly retry: Queued[] = []
  readonly logs: LogLine[] = []
  readonly transitions: Transition[] = []
  readonly vars: Record<string, unknown>
  clock = START
  random = 0.5
  key = ''
  orgId = ''
  db: D1Database = env.DB
  /** The second database, which is used when the vars' DATABASES names it. */
  db2: D1Database = env.DB2
  /** The keys of the vault, as SECRETS_KEYS has them. */
  secretsKeys = env.SECRETS_KEYS
  /** Counts requests; nothing is limited unless a test says so. */
  limiter: Limiter | undefined
  /** What answers under DOH_URL. */
  dns: Fetch = () => Promise.reject(new Error('nobody answers'))
  #limited: Record<string, D1Database> = {}
  #store: Store | undefined
  /** Time does not pass by itself: no destination is slow, unless a test lets a second end. */
  sleep = (ms: number): Promise<void> => new Promise((end) => void (ms < SLOW_MS && end()))
  /** First attempts that may leave behind their request; without room they take the queue, which a test drives. */
  room = 0
  readonly #isolate = createIsolate(() => this.clock)
  readonly #deferred: Promise<unknown>[] = []
  #app = this.#open()

  private constructor(vars: Record<string, unknown>) {
    this.vars = vars
  }

  /** A new service with an org and its key; `vars` override the Worker's. */
  static async create(
    vars: Record<string, unknown> = {},
    databases: Partial<Pick<World, 'db' | 'db2'>> = {},
  ): Promise<World> {
    const world = Object.assign(new World(vars), databases)
    const { orgId, key } = await world.createOrg('Acme')
    world.orgId = orgId
    world.key = key
    return world
  }

  async engine(): Promise<EngineWorld> {
    const config = parseConfig({ ...env, ...this.vars })
    const connect = sixConnections()
    const queue = (lane: Lane) => this.#queue(this[lane], connect)
    const takeConnection = countConnections()
    const dns: Fetch = (url, init) => connect(() => this.dns(url, init), init.signal)
    return {
      config,
      vault: await createVault(this.secretsKeys),
      store: this.#openStore(config),
      queues: { fresh: queue('fresh'), bulk: queue('bulk'), retry: queue('retry') },
      fetch: (url, init) => connect(() => this.receiver.fetch(url, init), init.signal),
      certificates: this.receiver.certificates,
      takeConnection,
      isolate: { ...this.#isolate, takeRoom: countRoom(() => this.clock, this.room) },
      resolver: makeResolver(config, dns, takeConnection),
      now: () => this.clock,
      sleep: (ms) => this.sleep(ms),
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
    const { status, headers } = response
    const type = headers.get('Content-Type') ?? ''
    const text = (type !== 'text/event-stream' && (await response.text())) || undefined
    return { status, headers, body: text && !type.startsWith('text') ? JSON.parse(text) : text }
  }

  /** Requests a path exactly as told, with nothing added. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const url = `https://api.callingbox.example${path}`
    const bindings = { ...env, ...this.vars }
    const response = await this.#app.request(url, init, bindings, createExecutionContext())
    await this.settle()
    return checkAnswer(init?.method ?? 'GET', path, response)
  }

  /** Waits for what went on after an answer. */
  async settle(): Promise<void> {
    while (this.#deferred.length > 0) await Promise.all(this.#deferred.splice(0))
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
      for (const lane of LANES) {
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
    await receive(await this.engine(), { queue: `callingbox-webhooks-${lane}`, messages })
    await this.settle()
  }

  /** The world of a job that visits the first database. */
  async visited() {
    return visit(await this.engine())
  }

  async sweep(): Promise<void> {
    await sweep(await this.visited())
  }

  /** The cron's minute: the sweep, and the replays that are overdue. */
  async tick(): Promise<void> {
    await this.sweep()
    await startOverdue(await this.visited())
  }

  /** Lets time pass: the cron ticks by the minute, messages are received when they are due. */
  async pass(ms: number): Promise<void> {
    const end = this.clock + ms
    await this.drain()
    while (this.clock < end) {
      const tick = await nextTick(this.clock)
      const due = LANES.flatMap((lane) => this[lane]).map(({ at }) => at)
      this.clock = Math.min(end, tick, ...due.map((at) => Math.max(at, this.clock + 1)))
      if (this.clock === tick) await this.tick()
      await this.drain()
    }
  }

  /** With several databases it is an isolate's, which remembers where orgs are. */
  #openStore(config: Config): Store {
    const names = config.databases
    this.#limited = Object.fromEntries(
      names.map((name) => [name, limitD1(name === 'DB2' ? this.db2 : this.db)]),
    )
    if (names.length === 1 || !this.#store) this.#store = this.#newStore(config)
    return this.#store
  }

  /** What an isolate knew of where orgs are, and of hosts, is gone. */
  startIsolate(): void {
    this.#isolate.hosts = createHosts()
    this.#store = undefined
    this.#app = this.#open()
  }

  /** The API and its tools for agents. */
  #open() {
    const api = createApp(() => this.engine())
    return api.route('/', mcpRoutes(api))
  }

  /** On whatever databases a test has put in their places by the time of a call. */
  #newStore(config: Config): Store {
    const bindings = config.databases.map((name) => [name, late(() => this.#limited[name])])
    const patience = { random: () => this.random, sleep: async () => {} }
    const tally = countCalls(this.#isolate.meters)
    return createStore(openDatabases(config, Object.fromEntries(bindings), patience, tally))
  }

  #hasDue(): boolean {
    return LANES.flatMap((lane) => this[lane]).some(({ at }) => at <= this.clock)
  }

  #takeDue(lane: Lane): Queued[] {
    const due = this[lane].filter(({ at }) => at <= this.clock)
    const rest = this[lane].filter(({ at }) => at > this.clock)
    this[lane].splice(0, this[lane].length, ...rest)
    return due
  }

  #queue(messages: Queued[], connect: Connect): DeliveryQueue {
    return {
      sendBatch: (batch: Iterable<MessageSendRequest<DeliveryRef | StepRef>>) =>
        connect(async () => {
          for (const { body, delaySeconds = 0 } of batch) {
            messages.push({ body: structuredClone(body), at: this.clock + delaySeconds * 1000 })
          }
          return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
        }),
    }
  }
}

/** The world of a job that visits the first database. */
export function visit(engine: EngineWorld) {
  return { ...engine, db: engine.store.catalog, share: 1 }
}
