// The simulated world: processes whose every outside call takes time and may go wrong.
import { parseConfig, type Config } from '../../../src/config.ts'
import type { StepRef } from '../../../src/db/words.ts'
import { startOverdue } from '../../../src/delivery/replay/step.ts'
import { sweep } from '../../../src/delivery/sweep.ts'
import { tellWhatHappened } from '../../../src/delivery/upkeep/notices.ts'
import { enforceRetention } from '../../../src/delivery/upkeep/retention.ts'
import { countDeliveries } from '../../../src/delivery/upkeep/roll-up.ts'
import { HOST_BLOCKS } from '../../../src/limits.ts'
import { carryOnMoves } from '../../../src/move/move.ts'
import { removeDeletedOrgs } from '../../../src/move/remove.ts'
import type { World as EngineWorld, Lane, Visited } from '../../../src/world.ts'
import { DATABASES, type Backend, type DatabaseName, type Restore } from '../outside/backend.ts'
import { Chance, seedGlobals } from '../outside/chance.ts'
import { Clock } from '../outside/clock.ts'
import { isCopy, isStep, type SimulatedQueue } from '../outside/queue.ts'
import { Receivers } from '../outside/receiver.ts'
import type { Schedule, Step } from '../schedules/schedule.ts'
import { makeEngine, visit } from './engine.ts'
import { errorOf, isWithoutEffect, LATE_MS, outcomeOf, stallMs, type CallKind } from './faults.ts'
import { emptyHistory, type Actor, type History, type MessageRef } from './history.ts'
import { makeQueue } from './invocations.ts'
import { Isolate } from './isolate.ts'
import { Outages } from './outages.ts'
import { Plan } from './plan.ts'

/** The one org. */
export const ORG = '00000000-0000-7000-8000-00000000000a'

/** What a call takes until it has effect, and again until its answer comes, in ms. */
const HALF_MS = { db: 2, send: 2, fetch: 20 }

/** A call that a step goes before waits for so many ms. */
export const HOLD_MS = 1000

/** Of 100 calls in a run by chance, so many take a thousand times as long. */
const SLOW_PERCENT = 2

/** A canary of which nothing is heard takes 120 steps. */
const MAX_STEPS = 500

/** A receiver that answers at all does so within an attempt's time. */
const MAX_HALF_FETCH_MS = 4500

const CONFIG = parseConfig({})

/** Each send to a host is counted by itself, and no host ever proves itself. */
const HOSTS = { unprovenHostPerSecond: HOST_BLOCKS.quota, hostProofMs: 1e13 }

type OutsideCall<T> = {
  kind: 'db' | 'send' | 'fetch'
  /** Which one, of databases. */
  database?: DatabaseName
  effect: (fault: string | undefined) => T | Promise<T>
}

/** What the cron does in each database, by the names of who does it. */
const JOBS = {
  sweep,
  overdue: startOverdue,
  upkeep: enforceRetention,
  count: countDeliveries,
  remover: removeDeletedOrgs,
  teller: tellWhatHappened,
} satisfies Record<string, (world: EngineWorld & Visited) => Promise<unknown>>

/** Does a step of a schedule; places count from 1. */
type Act = (world: World, step: Step, place: number) => Promise<void>

/** One simulated run in the making. */
export class World {
  schedule: Schedule
  plan: Plan
  history: History
  readonly backend: Backend
  readonly clock: Clock
  readonly outages: Outages
  readonly receivers: Receivers
  readonly config: Config
  readonly random: () => number
  /** Somebody listens from now on, where that is to be done. */
  hasListeners = false
  readonly queues: Record<Lane, SimulatedQueue>
  readonly #act: Act
  readonly #chance: Chance
  readonly #globals: Chance
  readonly #ends = new Map<Actor, () => void>()
  #counts = new Map<string, number>()
  #isolates: Record<Actor['role'], Isolate>

  constructor(schedule: Schedule, backend: Backend, idle: () => Promise<void>, act: Act) {
    this.schedule = schedule
    this.plan = new Plan(schedule)
    this.backend = backend
    this.#act = act
    this.#chance = new Chance(schedule.seed)
    this.#globals = new Chance(schedule.seed + 1)
    seedGlobals(this.#globals.next)
    this.random = schedule.seed === 0 ? () => 0.5 : this.#chance.next
    this.clock = new Clock(idle, schedule.seed === 0 ? undefined : this.#chance.next)
    this.outages = new Outages(this.clock)
    this.receivers = new Receivers(schedule)
    this.config = {
      ...CONFIG,
      retryScheduleMs: schedule.waits.map((seconds) => seconds * 1000),
      disableAfterExhausted: schedule.disable,
      ...HOSTS,
    }
    this.history = emptyHistory(this.clock.now)
    this.queues = {
      fresh: makeQueue(this, 'fresh'),
      bulk: makeQueue(this, 'bulk'),
      retry: makeQueue(this, 'retry'),
    }
    this.#isolates = this.#startIsolates()
  }

  /** All but what happened, which its reader keeps; only for when nothing is under way. */
  save(): Restore {
    const { backend, clock, receivers, queues } = this
    const parts = [backend, clock, receivers, ...Object.values(queues), this.outages]
    const restores = [...parts, this.#chance, this.#globals].map((part) => part.save())
    const counts = new Map(this.#counts)
    const { hasListeners } = this
    // Nobody is in them: the next requests may just as well come to others.
    this.#isolates = this.#startIsolates()
    return () => {
      this.#isolates = this.#startIsolates()
      for (const restore of restores) restore()
      this.#counts = new Map(counts)
      this.hasListeners = hasListeners
      seedGlobals(this.#globals.next)
    }
  }

  /** Begins a step by its place in the schedule's list. */
  start(index: number): void {
    const step = this.schedule.steps[index]
    if (step) void this.#act(this, step, index + 1)
  }

  /** Replays have made more steps than any would that ends. */
  get isEndless(): boolean {
    return (this.#counts.get('step') ?? 0) > MAX_STEPS
  }

  /** A new process, numbered among those of its name. */
  actor(name: string, role: Actor['role'], suffix = ''): Actor {
    const number = this.#counts.get(name) ?? 0
    if (suffix === '') this.#counts.set(name, number + 1)
    const [api = 0, consumer = 0, sweeping = 0] = this.schedule.skew
    const skewMs = { api, consumer, sweep: sweeping }[role] * 1000
    const full = suffix === '' ? `${name}${number + 1}` : `${name}${suffix}`
    const actor: Actor = {
      name: full,
      role,
      skewMs,
      isDead: false,
      startAt: this.clock.now,
      span: { from: this.history.tx, to: this.history.tx },
      calls: {},
      faults: 0,
      messages: [],
      copies: [],
      step: undefined,
      lane: undefined,
      beganAt: undefined,
      sendFaults: 0,
      writesAt: undefined,
      isLetDown: false,
      nowAt: this.clock.now,
      end: undefined,
      readTx: 0,
      readAt: 0,
    }
    this.history.actors.push(actor)
    return actor
  }

  /** The isolate that an invocation is in: there is one for each kind of them. */
  isolateOf({ role }: Actor): Isolate {
    return this.#isolates[role]
  }

  engine(actor: Actor): EngineWorld {
    return makeEngine(this, actor)
  }

  /** What is to happen should this process die. */
  whenDead(actor: Actor, end: () => void): void {
    this.#ends.set(actor, end)
  }

  /** Names a call, and takes the fault that is planned for it. */
  arrive(actor: Actor, kind: CallKind): { name: string; fault: string | undefined } {
    const number = (actor.calls[kind] ?? 0) + 1
    actor.calls[kind] = number
    const name = `${actor.name}.${kind}${number}`
    const fault = this.faultAt(name, kind)
    actor.faults += fault === undefined ? 0 : 1
    actor.sendFaults += fault !== undefined && kind === 'send' ? 1 : 0
    return { name, fault }
  }

  /** The fault planned for what happens now under this name. */
  faultAt(name: string, kind: CallKind): string | undefined {
    this.history.trace.push({ name, kind, at: this.clock.now })
    const fault = this.plan.faultAt(name)
    if (fault !== undefined) this.disturb(LATE_MS)
    return fault
  }

  /** Something goes wrong; it is over in so many ms. */
  disturb(ms: number): void {
    this.history.faults += 1
    this.history.quietAt = Math.max(this.history.quietAt, this.clock.now + ms)
  }

  /** One call that leaves the process: takes effect after a while, is answered after another. */
  call<T>(actor: Actor, { kind, database, effect }: OutsideCall<T>): Promise<T> {
    // A dead process does nothing more, and hears nothing.
    if (actor.isDead) return new Promise(() => {})
    const { name, fault: planned } = this.arrive(actor, kind)
    const fault = planned ?? this.outages.faultOf(actor, database)
    const waiting = this.plan.stepsBefore(name)
    for (const index of waiting) this.start(index)
    const holdMs = waiting.length > 0 ? HOLD_MS : 0
    const there = this.#halfMs(kind) + (fault === 'late' ? LATE_MS : 0) + holdMs
    const back = this.#halfMs(kind) + (fault === 'stall' ? stallMs(kind) : 0)
    return new Promise((resolve, reject) => {
      this.clock.after(there, async () => {
        if (fault === 'crash') return this.kill(actor)
        const result = isWithoutEffect(fault) ? undefined : await outcomeOf(() => effect(fault))
        if (fault === 'crashed') return this.kill(actor)
        if (fault === 'down') return this.#killIsolate(actor)
        const error = errorOf(kind, fault)
        this.clock.after(back, () => {
          if (actor.isDead) return
          if (error || !result) reject(error)
          else result(resolve, reject)
        })
      })
    })
  }

  kill(actor: Actor): void {
    if (actor.isDead) return
    actor.isDead = true
    this.#ends.get(actor)?.()
  }

  /** All that an isolate has under way dies at once; the next ones come to another. */
  #killIsolate({ role }: Actor): void {
    for (const one of this.#isolates[role].served) {
      if (one.isDead || one.end) continue
      one.faults += 1
      this.kill(one)
    }
    this.#isolates[role] = new Isolate(this, role)
  }

  /** Starts a job in each database. */
  visit(name: keyof typeof JOBS): void {
    for (const database of DATABASES.slice(0, this.schedule.databases))
      JOBS[name](visit(this.engine(this.actor(name, 'sweep')), database)).catch(() => {})
  }

  /** Goes on with what is being moved. */
  carryOn(): void {
    carryOnMoves(this.engine(this.actor('mover', 'sweep'))).catch(() => {})
  }

  /** All queues lose what they hold. */
  purge(): void {
    this.disturb(0)
    for (const queue of Object.values(this.queues)) {
      // The only sender is our own engine.
      this.lose(queue.purge() as (MessageRef | StepRef)[])
    }
  }

  /** Notes messages of deliveries that a queue accepted and lost. */
  lose(bodies: (MessageRef | StepRef)[]): void {
    const { lost, tx } = this.history
    const refs = bodies.flatMap((body) => (isStep(body) || isCopy(body) ? [] : body))
    for (const { id, version } of refs) lost.push({ id, version, tx })
  }

  #startIsolates(): Record<Actor['role'], Isolate> {
    const start = (role: Actor['role']) => new Isolate(this, role)
    return { api: start('api'), consumer: start('consumer'), sweep: start('sweep') }
  }

  #halfMs(kind: keyof typeof HALF_MS): number {
    if (this.schedule.seed === 0) return HALF_MS[kind]
    const isSlow = this.random() * 100 < SLOW_PERCENT
    const ms = Math.ceil(HALF_MS[kind] * this.random() * (isSlow ? 1000 : 4))
    return kind === 'fetch' ? Math.min(ms, MAX_HALF_FETCH_MS) : ms
  }
}
