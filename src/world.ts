// The world that everything works in: the doors make one from the Worker's env.
import type { BoundedMap } from './bounded-map.ts'
import type { Config } from './config.ts'
import type { Vault } from './credentials/vault.ts'
import type { Database } from './db/client.ts'
import type { DeliveryToSend } from './db/lifecycle/consume.ts'
import type { Outcomes } from './db/lifecycle/record.ts'
import type { Store } from './db/store.ts'
import type { Transition } from './db/transitions.ts'
import type { DeliveryRef, StepRef } from './db/words.ts'
import type { CountEvents, Limiter } from './limits.ts'
import type { Filter } from './filter/filter.ts'
import type { Meters } from './metrics.ts'
import type { OwnQuotas } from './quotas.ts'

/** The part of a queue that is used. */
export type DeliveryQueue = Pick<Queue<DeliveryRef | StepRef>, 'sendBatch'>

/** One structured log line; its members are chosen by hand, so that no secret and no payload is among them. */
export type LogLine = {
  event: string
  [member: string]: string | number | boolean | null | undefined
}

/**
 * Fresh deliveries of healthy endpoints, as many as an org's share has; those beyond it, in bulk; and all others:
 * retries, replays, failing or slow endpoints.
 */
export const LANES = ['fresh', 'bulk', 'retry'] as const

/** One of LANES. */
export type Lane = (typeof LANES)[number]

/** The part of fetch that is used; each takes a connection until its headers have come. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What a connection is for: a webhook or the look-up before it; or a call to a queue of ours. */
export type Purpose = 'attempt' | 'own'

/**
 * Waits for a connection and takes it; the answer gives it back. What is timed begins after that, or its
 * time would run while it waits for us (A4).
 */
export type TakeConnection = (purpose: Purpose) => Promise<() => void>

/**
 * Takes room of the isolate for first attempts that leave behind the request that accepted them: for as many
 * of those wanted as there is room for, until all of these leave.
 */
export type TakeRoom = <Guest extends RoomTaking>(
  wanted: Guest[],
) => { taken: Guest[]; leave: () => void }

/** Takes one of an org's share of a lane that others are in as well, and says whether one was left. */
export type TakeShare = (orgId: string, lane: 'fresh' | 'retry') => boolean

/** What of a delivery says how much room it takes, and whose. */
export type RoomTaking = Pick<DeliveryToSend, 'endpointId' | 'url' | 'call'>

/** Does the work of all these items, all or none, and answers each in its place. */
export type Work<Item, Result> = (items: Item[]) => Promise<Result[]>

/**
 * Has an item's work done, maybe with others'; whoever leads does it for all as its own `work` says. With
 * the result each goes on in its own invocation, behind its answer.
 */
export type Share<Item, Result> = (
  item: Item,
  work: Work<Item, Result>,
  goOn?: (result: Result) => Promise<void>,
) => Promise<Result>

/** Groups of an isolate, in a line of their own for each name. */
export type Groups<Item, Result> = {
  sharing: (world: World, lineName: string) => Share<Item, Result>
}

/** An automatic success as the log tells of it, with others: whose it was, and how many ms it took. */
export type Success = { orgId: string; endpointId: string | null; durationMs: number }

/** Successes that no line has told of yet, the first of which was noted at an instant in Unix ms. */
export type Untold = { successes: Success[]; since: number }

/** What an isolate knows of a host; instants are in Unix ms. */
export type KnownHost = {
  /** It has, and that stays so. */
  isProven: boolean
  notedAt: number
  askedAt: number
  /** What is left of the turns that were given of a Unix second. */
  turns: { second: number; left: number }
}

/** What an isolate knows of hosts, and how many had no turn since it last said so. */
export type Hosts = {
  known: BoundedMap<KnownHost>
  untold: { count: number; toldAt: number }
}

/** An endpoint's filter, its text too; none where that does not read. */
export type KnownFilter = { endpointId: string; text: string; filter: Filter | undefined }

/** What an isolate's invocations have together. */
export type Isolate = {
  takeRoom: TakeRoom
  takeShare: TakeShare
  /** What came of attempts is written together; the answer names attempts that are not. */
  records: Groups<Outcomes, string[]>
  untold: Untold
  hosts: Hosts
  /** Addresses that sent too many wrong tokens, and until when that counts, in Unix ms. */
  shutOut: BoundedMap<number>
  countEvents: CountEvents
  /** Figures of their own of how many events orgs may send, as the last of these that it stored were answered. */
  ownQuotas: BoundedMap<OwnQuotas>
  /** The filters of orgs' endpoints, as the last events that it stored of the org were judged. */
  filters: BoundedMap<KnownFilter[]>
  /** Whether any endpoint of theirs gets the events of a call in order, as the last events found. */
  ordered: BoundedMap<boolean>
  /** What it counts, until that is written down. */
  meters: Meters
}

/** Where a name leads. Why it is not public, and the detail, are for the log alone. */
export type Lookup =
  | { isPublic: true }
  | { isPublic: false; reason: 'private_address' | 'lookup_failed'; detail: string }

/** Looks up a host name; a failure is an answer, too. */
export type Resolver = (host: string) => Promise<Lookup>

/** A database that the cron visits: whatever it does, it does in each. */
export type Visited = {
  db: Database
  /** This one's part of what an invocation may ask of all, up to 1. */
  share: number
}

/** The world as all below the doors see it, where nothing reads env, a clock or chance by itself. */
export type World = {
  store: Store
  queues: Record<Lane, DeliveryQueue>
  vault: Vault
  config: Config
  fetch: Fetch
  /** Fetches that show a client certificate, by the names that the operator has bound them under. */
  certificates: ReadonlyMap<string, Fetch>
  /** For each fetch and each call of a queue. */
  takeConnection: TakeConnection
  isolate: Isolate
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
  /** Keeps history; absent: nobody does. */
  writePoint?: ((point: AnalyticsEngineDataPoint) => void) | undefined
  /** Counts what must not be asked for too often; absent: nothing is counted. */
  isWithinLimit?: Limiter | undefined
}
