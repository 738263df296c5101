// What a run proves things with: every state each row was in, and the attempt logs at the end.
import { readLog, type NumberedEntry } from '../../../src/delivery/attempt/log.ts'
import { MOVING, type Tables } from '../model/tables.ts'
import type { TableName } from '../outside/backend.ts'
import { PERSON } from '../world/asking.ts'
import { isRedelivery, placeOf, placesOf } from '../world/clients.ts'
import type {
  Actor,
  Change,
  ClientCall,
  Deletion,
  Member,
  Operation,
  Post,
  Row,
} from '../world/history.ts'
import type { Run } from '../world/run.ts'

/** A change together with the row as it was before; undefined when it was inserted. */
export type Step = Change & { before: Row | undefined }

/** An operation, what it changed, and the rows as they were before it, until the next one is asked for. */
export type Moment = Operation & { before: Tables; changes: Step[]; deletions: Deletion[] }

/** One invariant: what a run did against it, in words; nothing when it holds. */
export type Check = (evidence: Evidence) => string[]

/** A run, indexed. "At" an operation means: after it took effect. */
export class Evidence {
  readonly run: Run
  readonly steps: Step[]
  readonly #states = new Map<string, Step[]>()
  readonly #byKind: Map<TableName, Step[]>
  readonly #byDelivery: Map<string, Post[]>
  readonly #byActor: Map<Actor, Post[]>
  readonly #logs = new Map<string, NumberedEntry[]>()

  constructor(run: Run) {
    this.run = run
    this.steps = run.history.changes.map((change) => {
      const states = this.statesOf(change.kind, change.id)
      const step = { ...change, before: states.at(-1)?.row }
      states.push(step)
      this.#states.set(`${change.kind} ${change.id}`, states)
      return step
    })
    this.#byKind = Map.groupBy(this.steps, ({ kind }) => kind)
    this.#byDelivery = Map.groupBy(run.history.posts, idIn)
    this.#byActor = Map.groupBy(run.history.posts, ({ actor }) => actor)
  }

  /** Every state of one row, in order. */
  statesOf(kind: TableName, id: string): Step[] {
    return this.#states.get(`${kind} ${id}`) ?? []
  }

  /** A row as it was at an operation; undefined before it was inserted. */
  rowAt(kind: TableName, id: string | number | null | undefined, tx: number): Row | undefined {
    if (typeof id !== 'string') return undefined
    return this.statesOf(kind, id).findLast((state) => state.tx <= tx)?.row
  }

  /** Whether the org was fenced at an operation, for it to be moved: up to the one that opened it again. */
  isFencedAt(tx: number): boolean {
    return this.#stateAt(tx) === 'leaving'
  }

  /** Whether it was being moved at all. */
  isMovedAt(tx: number): boolean {
    return this.#stateAt(tx) !== 'open'
  }

  #stateAt(tx: number): 'copying' | 'leaving' | 'open' {
    const { fences } = this.run.history
    const own = fences.find((one) => one.tx === tx)
    return own?.state ?? fences.findLast((one) => one.tx < tx)?.state ?? 'open'
  }

  /** Goes through the operations in order, each with the rows as they were just before it. */
  *moments(): Generator<Moment> {
    const before = { deliveries: new Map(), endpoints: new Map(), deleted_endpoints: new Map() }
    const { operations, deletions: all } = this.run.history
    const changesAt = Map.groupBy(this.steps, ({ tx }) => tx)
    const deletionsAt = Map.groupBy(all, ({ tx }) => tx)
    for (const operation of operations) {
      const changes = changesAt.get(operation.tx) ?? []
      const deletions = deletionsAt.get(operation.tx) ?? []
      yield { ...operation, before, changes, deletions }
      for (const { kind, id, row } of changes) {
        if (!isMoving(kind)) continue
        if (isDeleted(row)) before[kind].delete(id)
        else before[kind].set(id, row)
      }
      for (const { kind, id } of deletions) if (isMoving(kind)) before[kind].delete(id)
    }
  }

  /** The changes of one table, in order. */
  changesOf(kind: TableName): Step[] {
    return this.#byKind.get(kind) ?? []
  }

  /** The rows of one table at an operation, by id. */
  rowsAt(kind: TableName, tx: number): Map<string, Row> {
    const rows = new Map<string, Row>()
    for (const step of this.changesOf(kind)) if (step.tx <= tx) rows.set(step.id, step.row)
    return rows
  }

  /** The deliveries as they are at the end. */
  get deliveries(): Row[] {
    return this.run.tables.deliveries
  }

  /** The attempt log of a delivery at the end, oldest first, as the API reads it. */
  logOf(delivery: Row): NumberedEntry[] {
    const id = String(delivery['id'])
    const known = this.#logs.get(id)
    if (known) return known
    const { event_type: type, call_id: callId, attempts } = delivery
    const about = { id, eventType: String(type), callId: String(callId) }
    const log = readLog({ ...about, attempts: String(attempts) })
    this.#logs.set(id, log)
    return log
  }

  /** Every request, those that carry copies with the others. */
  get requests(): Post[] {
    const { posts, copied } = this.run.history
    return [...posts, ...copied]
  }

  /** The requests about one delivery, in order. */
  postsOf(id: string): Post[] {
    return this.#byDelivery.get(id) ?? []
  }

  /** The requests that one consumer made, in order. */
  postsBy(actor: Actor): Post[] {
    return this.#byActor.get(actor) ?? []
  }

  /** Who had something written by this operation, whose process may have led others. */
  membersOf({ actor, tx, at }: Pick<Operation, 'actor' | 'tx' | 'at'>): Member[] {
    const led = this.run.history.led.findLast((one) => one.leader === actor && one.tx < tx)
    return led?.members ?? [{ actor, askedAt: at }]
  }

  /**
   * The request whose outcome was recorded with this change; undefined when there is none. Where two members
   * made one for the same delivery, the log says which it is.
   */
  postBehind(step: Step): Post | undefined {
    const members = new Set(this.membersOf(step).map(({ actor }) => actor))
    const made = this.postsOf(step.id).filter(
      (post) => members.has(post.actor) && post.tx < step.tx,
    )
    if (made.length < 2) return made[0]
    const delivery = this.deliveries.find((row) => row['id'] === step.id)
    const log = delivery ? this.logOf(delivery).slice(0, Number(step.row['attempts'])) : []
    const startedAt = log.at(-1)?.started_at
    const same = made.filter((post) => startOf(post) === startedAt)
    // Of several that began in one millisecond each is one's.
    const place = log.filter((entry) => entry.started_at === startedAt).length - 1
    return same[place] ?? same[0] ?? made[0]
  }
}

/** When a request began by the clock of its process, as the log says it. */
export function startOf({ at, actor }: Post): string {
  return new Date(at + actor.skewMs).toISOString()
}

/** The call that an event came with. */
export function callOf({ run }: Evidence, event: Row): ClientCall | undefined {
  return run.history.calls.find((call) => placesOf(call).includes(placeOf(event)))
}

/** The delivery that a request is about. */
export function idIn({ headers }: Post): string {
  return headers['CallingBox-Event-Id'] ?? ''
}

/** Whether a request was asked for by a person. */
export function isManual({ headers }: Post): boolean {
  return headers['CallingBox-Redelivery'] === 'true'
}

/** Automatic attempts in a delivery's log that count. */
export function countAutomatic(evidence: Evidence, delivery: Row): number {
  const log = evidence.logOf(delivery)
  return log.filter(({ trigger, superseded }) => trigger === 'automatic' && !superseded).length
}

/** The name of what a process does: `redeliver`, `consumer`, `sweep` … */
export function nameOf({ name }: Actor): string {
  return /^[a-z]+/.exec(name)?.[0] ?? ''
}

/** Whether a delivery begins here with its event, and is not made by a replay. */
export function isAccepted({ before, row }: Step): boolean {
  return before === undefined && row['stage'] === 'new'
}

/** Whether a process has events stored: a request, or what tells of the service. */
export function isIntake(actor: Actor): boolean {
  return ['event', 'bare', 'batch', 'test'].includes(nameOf(actor)) || isTeller(actor)
}

/** Whether a process tells what has happened to the service. */
export function isTeller(actor: Actor): boolean {
  return ['teller', 'hearer'].includes(nameOf(actor))
}

/** Whether a table says what was done, or is to be told: U1's and N1's. */
export function isWord(kind: string): boolean {
  return kind === 'audit_log' || kind === 'notices'
}

/** Whether a process attempts what it holds: messages, or what it had stored. */
export function isAttempting(actor: Actor): boolean {
  return nameOf(actor) === 'consumer' || isDirect(actor)
}

/** Whether a process is a request that attempts what it had stored. */
export function isDirect(actor: Actor): boolean {
  return actor.beganAt !== undefined
}

/** Whether an operation of this process may write what came of attempts. */
export function isRecorder(actor: Actor): boolean {
  const isOther = isStepping(actor) || isListening(actor)
  return (actor.role === 'consumer' && !isOther) || isIntake(actor)
}

/** Whether a process is a stream that somebody listens to. */
export function isListening(actor: Actor): boolean {
  return nameOf(actor) === 'listener'
}

/** Whether a process makes a step of a replay. */
export function isStepping(actor: Actor): boolean {
  return actor.step !== undefined && nameOf(actor) === 'step'
}

/** Whether nothing went wrong for a process: neither with its own calls, nor with those of who recorded for it. */
export function isFaultless({ run }: Evidence, actor: Actor): boolean {
  const led = run.history.led.filter(({ members }) => members.some((one) => one.actor === actor))
  return actor.faults === 0 && !actor.isLetDown && led.every(({ leader }) => leader.faults === 0)
}

/** Whether a process is a call to redeliver. */
export function isRedeliver(actor: Actor): boolean {
  return isRedelivery(nameOf(actor))
}

/** Who asked for a redelivery by this process, as the attempt's log names it; undefined: it makes none. */
export function askerOf(actor: Actor): string | undefined {
  if (isStepping(actor)) return `replay:${actor.step?.replayId}`
  return isRedeliver(actor) ? PERSON.name : undefined
}

/** Whether an endpoint takes no deliveries, for now or for good. */
export function isClosed(endpoint: Row | undefined): boolean {
  return endpoint !== undefined && (endpoint['status'] === 'disabled' || isDeleted(endpoint))
}

/** Whether an endpoint was deleted. */
export function isDeleted(endpoint: Row | undefined): boolean {
  return endpoint !== undefined && endpoint['is_deleted'] === 1
}

/** Whether the payload of an event, or of a delivery's, was deleted. */
export function isForgotten(row: Row | undefined): boolean {
  return typeof row?.['payload_deleted_at'] === 'number'
}

function isMoving(kind: TableName): kind is (typeof MOVING)[number] {
  return MOVING.some((one) => one === kind)
}
