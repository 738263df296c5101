// What happened in a run, as the checks see it: every change, request, message and answer, in order.
import type { Action } from '../schedules/schedule.ts'
import type { TableName } from '../outside/backend.ts'
import type { CallKind } from './faults.ts'

/** A row, as the database noted it. */
export type Row = Record<string, string | number | null>

/** One row as it was left by one write; `tx` counts the operations that took effect, from 1. */
export type Change = {
  tx: number
  at: number
  actor: Actor
  kind: TableName
  id: string
  row: Row
}

/** What a message says, as far as the checks care. */
export type MessageRef = { id: string; version: number }

/** One process: an API call, a consumer's invocation, a sweep. `now` is its own clock. */
export type Actor = {
  name: string
  role: 'api' | 'consumer' | 'sweep'
  skewMs: number
  isDead: boolean
  startAt: number
  /** Calls made so far, by kind. */
  calls: Record<string, number>
  /** The messages a consumer holds. */
  messages: MessageRef[]
  /** The consumer's last read: after which operation, and when its answer came. */
  readTx: number
  readAt: number
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
  /** What came back to the sender, unless it died first: a status, or null for none. */
  answered: { status: number | null; at: number } | undefined
}

/** A batch of messages that a queue accepted. */
type Sent = {
  tx: number
  at: number
  actor: Actor
  refs: MessageRef[]
}

/** One call to the API, as its client saw it. Without an answer the client does not know. */
export type ClientCall = {
  actor: Actor
  action: Exclude<Action, 'purge' | 'upkeep'>
  /** Calls of one intention, repeated with the same key, share it. */
  intention: string
  key: string | undefined
  startTx: number
  startAt: number
  /** What it asks; `target` is an id, `place` numbers the steps from 1. */
  input: { target: string; place: number; webhookUrl: string | null }
  answer: { tx: number; at: number; value: unknown } | undefined
  /** An error's code, `internal_error` when it has none. */
  error: { tx: number; code: string; message: string } | undefined
}

/** Everything that happened. */
export type History = {
  changes: Change[]
  posts: Post[]
  sents: Sent[]
  /** Messages that a queue accepted and lost. */
  lost: (MessageRef & { tx: number })[]
  calls: ClientCall[]
  /** The calls that left a process, in order: where faults may be put. */
  trace: { name: string; kind: CallKind; at: number }[]
  logs: string[]
  /** Operations that took effect. */
  tx: number
  /** From when on nothing goes wrong any more, in ms. */
  quietAt: number
  faults: number
}
