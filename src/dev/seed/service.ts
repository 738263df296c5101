// The real service on a clock that is moved by hand: its API, its queues, its consumer and its cron.
import { createApp } from '../../api/app.ts'
import { BoundedMap } from '../../bounded-map.ts'
import { type Config, parseConfig } from '../../config.ts'
import { createVault, type Vault } from '../../credentials/vault.ts'
import { createDatabase } from '../../db/client.ts'
import { createStore, type Store } from '../../db/store.ts'
import type { DeliveryRef, StepRef } from '../../db/words.ts'
import { LEASE_MS } from '../../delivery/lease.ts'
import { receive } from '../../delivery/receive.ts'
import { createRecordGroups } from '../../delivery/record.ts'
import { countConnections } from '../../delivery/send/connections.ts'
import { JOBS, runJobs } from '../../jobs.ts'
import { Meters } from '../../metrics.ts'
import type { DeliveryQueue, Lane, LogLine, World } from '../../world.ts'
import { limitOf } from './like-workerd.ts'

/** What a receiver does with a POST: after so many ms it answers, or it fails: `timeout`, or as fetch would say. */
export type Reply = { afterMs: number } & (
  | { status: number; body?: string; headers?: Record<string, string> }
  | { failure: string }
)

/** What the service runs on; `env` is the Worker's, of which only texts are read. */
export type Outside = {
  d1: D1Database
  env: Env
  random: () => number
  receive: (url: string, at: number) => Reply
}

/** A message in a queue, and when it is received. */
type Queued = { at: number; lane: Lane; body: DeliveryRef | StepRef }

/** Each invocation has its own time, which only its attempts let pass. */
type Invocation = { now: number; sleepers: { at: number; wake: () => void }[] }

const MINUTE_MS = 60_000

/** Of a week nothing is old enough to be pruned, and no secret's key is replaced. */
const DUE_JOBS = JOBS.filter(({ name }) => name === 'sweep' || name === 'roll_up')

/** The roll-up's, in ms. */
const LONGEST_PERIOD_MS = 5 * MINUTE_MS

/** When the sweep has something to do next. */
const SOONEST_SQL = `SELECT min(at) AS at FROM (
  SELECT min(sweep_at) - ${MINUTE_MS} AS at FROM deliveries
    WHERE stage = 'pending' AND sweep_at IS NOT NULL
  UNION ALL SELECT min(next_attempt_at) + ${LEASE_MS} FROM deliveries WHERE stage = 'new'
  UNION ALL SELECT min(sweep_at) FROM endpoints UNION ALL SELECT min(sweep_at) FROM deleted_endpoints)`

/** How long a message takes, at least and at most, in ms: the retry lane gathers a batch for a second. */
const TRANSIT_MS = { fresh: [30, 180], bulk: [30, 180], retry: [200, 1100] } as const

const EXECUTION = { waitUntil() {}, passThroughOnException() {}, props: {} }

/** One service. Nothing happens in it but by `call` and `pass`. */
export class Service {
  /** Unix ms. */
  now: number
  readonly store: Store
  readonly #outside: Outside
  readonly #config: Config
  readonly #vault: Vault
  readonly #app = createApp(async () => this.world())
  #queued: Queued[] = []
  #deferred: Promise<unknown>[] = []

  private constructor(startAt: number, outside: Outside, config: Config, vault: Vault) {
    this.now = startAt
    this.#outside = outside
    this.#config = config
    this.#vault = vault
    const patience = { random: outside.random, sleep: async () => {} }
    this.store = createStore([{ name: 'DB', db: createDatabase(outside.d1, patience) }])
  }

  /** @throws for settings and secrets in `env` that make no sense. */
  static async start(startAt: number, outside: Outside): Promise<Service> {
    const vault = await createVault(outside.env.SECRETS_KEYS)
    return new Service(startAt, outside, parseConfig({ ...outside.env }), remembering(vault))
  }

  /** The world of one invocation that begins at an instant. */
  world(at = this.now): World {
    const time: Invocation = { now: at, sleepers: [] }
    return {
      config: this.#config,
      vault: this.#vault,
      store: this.store,
      queues: {
        fresh: this.#queue(time, 'fresh'),
        bulk: this.#queue(time, 'bulk'),
        retry: this.#queue(time, 'retry'),
      },
      fetch: (url, { signal }) => exchange(time, this.#outside.receive(url, time.now), signal),
      certificates: new Map(),
      takeConnection: countConnections(),
      // Each attempt has an instant of its own: its message's.
      isolate: {
        takeRoom: () => ({ taken: [], leave() {} }),
        takeShare: () => true,
        records: createRecordGroups(),
        untold: { successes: [], since: 0 },
        hosts: { known: new BoundedMap(), untold: { count: 0, toldAt: 0 } },
        shutOut: new BoundedMap(),
        countEvents: () => Promise.resolve(true),
        ownQuotas: new BoundedMap(),
        filters: new BoundedMap(),
        ordered: new BoundedMap(),
        meters: new Meters(),
      },
      now: () => time.now,
      sleep: (ms) => new Promise((wake) => time.sleepers.push({ at: time.now + ms, wake })),
      random: this.#outside.random,
      defer: (work) => this.#deferred.push(work),
      log: refuseFault,
    }
  }

  /** Calls the API and answers its JSON. @throws when it refuses. */
  async call(method: string, path: string, token: string, body?: object): Promise<unknown> {
    const headers = {
      Authorization: `Bearer ${token}`,
      'CF-Connecting-IP': '198.51.100.7',
      ...(body && { 'Content-Type': 'application/json' }),
    }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const url = `https://webhooks.callingbox.example${path}`
    const response = await this.#app.request(url, init, this.#outside.env, EXECUTION)
    await this.settle()
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** Lets time pass: cron ticks by the minute, messages are received when it is their time. */
  async pass(until: number): Promise<void> {
    for (;;) {
      const next = this.#queued.toSorted((a, b) => a.at - b.at)[0]
      const tickAt = await this.#nextTick()
      const at = Math.max(this.now, Math.min(next?.at ?? Infinity, tickAt))
      if (at > until) break
      this.now = at
      if (next && next.at <= at) await this.#receive(next)
      else await runJobs(this.world(), tickAt, DUE_JOBS)
      await this.settle()
    }
    this.now = until
  }

  /** Waits for what went on after an answer. */
  async settle(): Promise<void> {
    while (this.#deferred.length > 0) await Promise.all(this.#deferred.splice(0))
  }

  /** The next minute of the cron that is not for nothing. */
  async #nextTick(): Promise<number> {
    const soonest = await this.#outside.d1.prepare(SOONEST_SQL).first<number>('at')
    const sweepAt = Math.ceil(Math.max(this.now + 1, soonest ?? Infinity) / MINUTE_MS) * MINUTE_MS
    return Math.min(sweepAt, (Math.floor(this.now / LONGEST_PERIOD_MS) + 1) * LONGEST_PERIOD_MS)
  }

  async #receive(message: Queued): Promise<void> {
    this.#queued = this.#queued.filter((one) => one !== message)
    const retry = ({ delaySeconds = 0 } = {}) => {
      this.#queued.push({ ...message, at: message.at + delaySeconds * 1000 })
    }
    const messages = [{ body: message.body, ack() {}, retry }]
    await receive(this.world(), { queue: `seed-${message.lane}`, messages })
  }

  #queue(time: Invocation, lane: Lane): DeliveryQueue {
    const [least, most] = TRANSIT_MS[lane]
    return {
      sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryRef | StepRef>>) => {
        for (const { body, delaySeconds = 0 } of messages) {
          const transitMs = Math.round(least + (most - least) * this.#outside.random())
          this.#queued.push({ at: time.now + delaySeconds * 1000 + transitMs, lane, body })
        }
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
      },
    }
  }
}

/** Each secret is opened once: Node has another thread do it, which takes longer than an attempt. */
function remembering(vault: Vault): Vault {
  const opened = new Map<string, Promise<string>>()
  return {
    ...vault,
    unseal(sealed, context) {
      const secret = opened.get(sealed) ?? vault.unseal(sealed, context)
      opened.set(sealed, secret)
      return secret
    },
  }
}

/** @throws for what the log tells of a fault of ours: such a week would be none to show. */
function refuseFault(line: LogLine): void {
  if (line['error'] !== undefined) throw new Error(JSON.stringify(line))
}

/** Who wakes next, if by then. */
function takeNext(
  { sleepers }: Invocation,
  end: number,
): Invocation['sleepers'][number] | undefined {
  const [next] = sleepers.toSorted((a, b) => a.at - b.at)
  if (!next || next.at > end) return undefined
  sleepers.splice(sleepers.indexOf(next), 1)
  return next
}

/** Lets the time pass that a receiver takes, waking whoever sleeps no longer than that. */
async function exchange(
  time: Invocation,
  reply: Reply,
  signal: RequestInit['signal'],
): Promise<Response> {
  const end = time.now + reply.afterMs
  for (let next = takeNext(time, end); next; next = takeNext(time, end)) {
    time.now = next.at
    next.wake()
    // Who was woken has done all that it can before more time passes.
    await new Promise((resolve) => setImmediate(resolve))
  }
  time.now = end
  if (!('failure' in reply)) return new Response(reply.body ?? null, reply)
  if (reply.failure === 'timeout' && signal) limitOf(signal)?.abort()
  throw new TypeError(reply.failure)
}
