// The world that everything works in: the doors make one from the Worker's env.
import type { Config } from './config.ts'
import type { Vault } from './credentials/vault.ts'
import type { Store } from './db/store.ts'
import type { Transition } from './db/transitions.ts'
import type { DeliveryRef } from './db/words.ts'
import type { Limiter } from './limits.ts'

/** The part of a queue that is used. */
export type DeliveryQueue = Pick<Queue<DeliveryRef>, 'sendBatch'>

/** One structured log line; its members are chosen by hand, so that no secret and no payload is among them. */
export type LogLine = {
  event: string
  [member: string]: string | number | boolean | null | undefined
}

/** Fresh deliveries of healthy endpoints; and all others: retries, replays, failing or slow endpoints. */
export type Lane = 'fresh' | 'retry'

/** The part of fetch that is used; each takes a connection until its headers have come. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What a connection is for: a webhook or the look-up before it; or a call to a queue of ours. */
export type Purpose = 'attempt' | 'own'

/**
 * Waits for a connection and takes it; the answer gives it back. What is timed begins after that, or its
 * time would run while it waits for us (A4).
 */
export type TakeConnection = (purpose: Purpose) => Promise<() => void>

/** Where a name leads. Why it is not public, and the detail, are for the log alone. */
export type Lookup =
  | { isPublic: true }
  | { isPublic: false; reason: 'private_address' | 'lookup_failed'; detail: string }

/** Looks up a host name; a failure is an answer, too. */
export type Resolver = (host: string) => Promise<Lookup>

/** The world as all below the doors see it, where nothing reads env, a clock or chance by itself. */
export type World = {
  store: Store
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
  /** Is told of what happens to deliveries and endpoints; absent: the log alone is. */
  listen?: ((transitions: Transition[]) => void) | undefined
  /** Counts what must not be asked for too often; absent: nothing is counted. */
  isWithinLimit?: Limiter | undefined
}
