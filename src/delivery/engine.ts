// What the engine works with; the doors make one from the Worker's env.
import type { Config } from '../config.ts'
import type { Vault } from '../credentials/vault.ts'
import type { Database } from '../db/client.ts'
import type { DeliveryRef } from '../db/engine/attempts.ts'
import type { Limiter } from '../limits.ts'
import type { Resolver } from './send/resolve.ts'
import type { Fetch, TakeConnection } from './send/connections.ts'

/** The part of a queue that is used. */
export type DeliveryQueue = Pick<Queue<DeliveryRef>, 'sendBatch'>

/** One structured log line; its members are chosen by hand, so that no secret and no payload is among them. */
export type LogLine = {
  event: string
  [member: string]: string | number | boolean | null | undefined
}

/** Fresh deliveries of healthy endpoints; and all others: retries, replays, failing or slow endpoints. */
export type Lane = 'fresh' | 'retry'

/** The world as the engine sees it. Nothing below the doors reads env, a clock or chance by itself. */
export type Engine = {
  db: Database
  queues: Record<Lane, DeliveryQueue>
  vault: Vault
  config: Config
  fetch: Fetch
  /** For each fetch and each call of a queue. */
  takeConnection: TakeConnection
  /** Where host names lead; absent when no DNS resolver is configured. */
  resolver?: Resolver | undefined
  /** Unix ms. */
  now: () => number
  /** Waits so many ms. */
  sleep: (ms: number) => Promise<void>
  /** From 0 up to 1. */
  random: () => number
  /** Lets work go on after the answer. */
  defer: (work: Promise<unknown>) => void
  log: (line: LogLine) => void
  /** Counts what must not be asked for too often; absent: nothing is counted. */
  isWithinLimit?: Limiter | undefined
}

/** How long a delivery that was handed to the queue is left alone by the sweep, in ms. */
export const LEASE_MS = 120_000

/** A lease doubles each time it lapses, up to this many ms. */
export const MAX_LEASE_MS = 15 * 60_000

/**
 * Times that a lease may lapse in a row before the delivery is given up: with the leases above, about
 * two days, as long as the automatic schedule. A dead consumer or a lost queue is over long before.
 */
export const MAX_LAPS = 200
