// What happened in a run, as the checks see it: every change, request, message and answer, in order.
import type { StepRef } from '../../../src/db/words.ts'
import type { Lane } from '../../../src/world.ts'
import type { DatabaseName, RowChange, TableName } from '../outside/backend.ts'
import type { End } from '../outside/queue.ts'
import type { Action } from '../schedules/schedule.ts'
import type { CallKind } from './faults.ts'

/** A row, as the database noted it. */
export type Row = Record<string, string | number | null>

/**
 * One operation on the database, of so many statements, which may only look; `tx` counts those that took
 * effect, from 1. `now` is what its process took the time to be when it put the statements together.
 */
export type Operation = {
  tx: number
  at: number
  now: number
  actor: Actor
  size: number
  isRead: boolean
}

/** One row that an operation deleted. */
export type Deletion = Operation & { kind: TableName; id: string }

/** One row as it was left by one operation. */
export type Change = Operation & {
  kind: TableName
  id: string
  row: Row
}

/** What a message says, as far as the checks care. */
export type MessageRef = { id: string; version: number }

/** What a message of a copy says: its delivery, and the replay that made it. */
export type CopyRef = { id: string; copiedBy: string }

/** One process: an API call, a consumer's invocation, a sweep. `now` is its own clock. */
export type Actor = {
  name: string
  role: 'api' | 'consumer' | 'sweep'
  skewMs: number
  isDead: boolean
  startAt: number
  /** Operations that had taken effect when it began, and when its last one did, at home or elsewhere. */
  span: { from: number; to: number }
  /** Calls made so far, by kind. */
  calls: Record<string, number>
  /** Faults that it suffered. */
  faults: number
  /** The messages a consumer holds, and the lane they came down; or what a request attempts that it had stored. */
  messages: MessageRef[]
  /** The copies of which a consumer holds messages. */
  copies: CopyRef[]
  /** The step of a replay that it was told to make. */
  step: StepRef | undefined
  lane: Lane | undefined
  /** When it last looked at its clock. */
  nowAt: number
  /** When a request began to attempt what it had stored. */
  beganAt: number | undefined
  /** Faults of its calls to a queue. */
  sendFaults: number
  /** When it first had something recorded. */
  writesAt: number | undefined
  /** Whoever was to record for it was cut off. */
  isLetDown: boolean
  /** How a consumer's invocation ended, and when; or the first attempts of a request. */
  end: { how: End; at: number } | undefined
  /** The consumer's last read: after which operation, and when its answer came. */
  readTx: number
  readAt: number
}

/** Who had what came of its attempts written, and when it asked for that. */
export type Member = { actor: Actor; askedAt: number }

/** What came of the attempts of some, written by one of them for all, after so many operations. */
export type Led = { tx: number; leader: Actor; members: Member[] }

/** The end of a request: a status, or null and how it failed. `place` numbers the ends of a run. */
export type Answered = {
  status: number | null
  failure: 'hang' | 'break' | undefined
  at: number
  place: number
}

/** One request to a receiver; `receivedAt` is absent when it never got there. */
export type Post = {
  tx: number
  at: number
  actor: Actor
  /** When the consumer read what it sends. */
  readTx: number
  readAt: number
  url: string
  headers: Record<string, string>
  body: string
  redirect: string | undefined
  isReceived: boolean
  /** What came back to the sender, unless it died first. */
  answered: Answered | undefined
}

/** A batch of messages that a queue accepted, each to arrive after its delay. */
export type Sent = {
  tx: number
  at: number
  actor: Actor
  lane: Lane
  refs: (MessageRef & { delayMs: number })[]
  copies: (CopyRef & { delayMs: number })[]
}

/** One of the org's share of the fresh lane was asked for in an isolate, for a process, and taken or not. */
export type Share = {
  tx: number
  at: number
  actor: Actor
  isolate: string
  lane: Lane
  isTaken: boolean
}

/** One call to the API, as its client saw it. Without an answer the client does not know. */
export type ClientCall = {
  actor: Actor
  action: Exclude<
    Action,
    'purge' | 'upkeep' | 'count' | 'move' | 'down' | 'listen' | 'crowd' | 'calm'
  >
  /** Calls of one intention, repeated with the same key, share it. */
  intention: string
  key: string | undefined
  startTx: number
  startAt: number
  /** What it asks; `target` is an id, `size` the number of its events, `rate` how many a second a replay is to send, `place` numbers the steps from 1. */
  input: { target: string; size: number; rate: number; place: number; webhookUrl: string | null }
  answer: { tx: number; at: number; value: unknown } | undefined
  /** An error's code, `internal_error` when it has none. */
  error: { tx: number; code: string; message: string } | undefined
}

/**
 * From when on the org is at home in a database; `countedTo` is the id before which its old one had counted for
 * the charts, `differences` what it does not have of what that had, or has besides.
 */
export type Homecoming = {
  tx: number
  database: DatabaseName
  countedTo: string
  differences: string[]
}

/** Everything that happened. */
export type History = {
  actors: Actor[]
  operations: Operation[]
  changes: Change[]
  deletions: Deletion[]
  posts: Post[]
  /** Those that carried a copy elsewhere. */
  copied: Post[]
  sents: Sent[]
  shares: Share[]
  /** Messages that a queue accepted and lost. */
  lost: (MessageRef & { tx: number })[]
  calls: ClientCall[]
  led: Led[]
  /** Where the org came to be at home, in order; before the first it is in the first database. */
  homes: Homecoming[]
  /** When the org began to be copied, was fenced, and opened again. */
  fences: { tx: number; state: 'copying' | 'leaving' | 'open' }[]
  /** Hosts that get no more of what is sent, and those that do again, after so many operations. */
  crowds: { tx: number; host: string; isOver: boolean }[]
  /** What the operator has stopped, and let go on, in whichever database; '' is every host. */
  stops: { tx: number; database: DatabaseName; id: string; host: string; isLifted: boolean }[]
  /** Rows that anybody but a move has changed where the org is not at home. */
  strays: (Operation & RowChange)[]
  /** What a call or a consumer was answered where the org is not at home. */
  misread: { tx: number; actor: Actor; sql: string }[]
  /** The calls that left a process, in order: where faults may be put. */
  trace: { name: string; kind: CallKind; at: number }[]
  logs: string[]
  /** Requests that came to an end. */
  answers: number
  /** Operations that took effect. */
  tx: number
  /** From when on nothing goes wrong any more, in ms. */
  quietAt: number
  faults: number
}

/** A history in which nothing has happened, but time. */
export function emptyHistory(now: number): History {
  return {
    actors: [],
    operations: [],
    changes: [],
    deletions: [],
    posts: [],
    copied: [],
    sents: [],
    shares: [],
    lost: [],
    homes: [],
    fences: [],
    stops: [],
    crowds: [],
    strays: [],
    misread: [],
    calls: [],
    led: [],
    trace: [],
    logs: [],
    answers: 0,
    tx: 0,
    quietAt: now,
    faults: 0,
  }
}

/** How long each list of a history is, and its numbers as they are. */
export type Sizes = { [Name in keyof History]: number }

/** How much has happened. */
export function sizesOf(history: History): Sizes {
  const sizes = Object.entries(history).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.length : value,
  ])
  // A history has lists and numbers, and nothing else.
  return Object.fromEntries(sizes) as Sizes
}

/** A history of its own with what had happened by then. */
export function firstOf(history: History, sizes: Sizes): History {
  const parts = Object.entries(sizes).map(([name, size]) => {
    // The sizes are a history's.
    const value = history[name as keyof History]
    return [name, Array.isArray(value) ? value.slice(0, size) : size]
  })
  // It has the same members.
  return Object.fromEntries(parts) as History
}

/** Whether a host had no turn after an operation, for whoever counts. */
export function hasNoTurn({ crowds }: Pick<History, 'crowds'>, host: string, tx: number): boolean {
  const last = crowds.findLast((one) => one.host === host && one.tx <= tx)
  return last !== undefined && !last.isOver
}
