// The simulated world: processes whose every outside call takes time and may go wrong.
import { parseConfig, type Config } from '../../../src/config.ts'
import { createIntakeGroups } from '../../../src/delivery/accept.ts'
import { consume } from '../../../src/delivery/consume.ts'
import { sweep } from '../../../src/delivery/sweep.ts'
import { buryDeadLetters } from '../../../src/delivery/upkeep/dead-letters.ts'
import { enforceRetention } from '../../../src/delivery/upkeep/retention.ts'
import { countDeliveries } from '../../../src/delivery/upkeep/roll-up.ts'
import type { World as EngineWorld, Lane } from '../../../src/world.ts'
import type { Backend, Restore } from '../outside/backend.ts'
import { Chance, seedGlobals } from '../outside/chance.ts'
import { Clock } from '../outside/clock.ts'
import { SimulatedQueue, type End, type Held } from '../outside/queue.ts'
import { Receivers } from '../outside/receiver.ts'
import type { Schedule, Step } from '../schedules/schedule.ts'
import { makeEngine } from './engine.ts'
import { errorOf, isWithoutEffect, LATE_MS, type CallKind } from './faults.ts'
import type { Actor, History, MessageRef } from './history.ts'
import { Plan } from './plan.ts'

/** The one org. */
export const ORG = '00000000-0000-7000-8000-00000000000a'

/** What a call takes until it has effect, and again until its answer comes, in ms. */
const HALF_MS = { db: 2, send: 2, fetch: 20 }

/** A call that a step goes before waits for so many ms. */
const HOLD_MS = 1000

/** Of 100 calls in a run by chance, so many take a thousand times as long. */
const SLOW_PERCENT = 2

/** A receiver that answers at all does so within an attempt's time. */
const MAX_HALF_FETCH_MS = 4500

const CONFIG = parseConfig({})

type OutsideCall<T> = {
  kind: 'db' | 'send' | 'fetch'
  effect: (fault: string | undefined) => T | Promise<T>
}

/** Does a step of a schedule; places count from 1. */
type Act = (world: World, step: Step, place: number) => Promise<void>

/** One simulated run in the making. */
export class World {
  schedule: Schedule
  plan: Plan
  history: History
  readonly backend: Backend
  readonly clock: Clock
  readonly receivers: Receivers
  readonly config: Config
  readonly random: () => number
  readonly queues: { fresh: SimulatedQueue; retry: SimulatedQueue }
  /** The isolate that takes the API's requests: those of events that arrive together are stored together. */
  intake = createIntakeGroups()
  readonly #act: Act
  readonly #chance: Chance
  readonly #globals: Chance
  readonly #ends = new Map<Actor, () => void>()
  #counts = new Map<string, number>()

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
    this.receivers = new Receivers(schedule)
    this.config = {
      ...CONFIG,
      retryScheduleMs: schedule.waits.map((seconds) => seconds * 1000),
      disableAfterExhausted: schedule.disable,
    }
    this.history = {
      actors: [],
      operations: [],
      changes: [],
      deletions: [],
      posts: [],
      sents: [],
      lost: [],
      calls: [],
      trace: [],
      logs: [],
      answers: 0,
      tx: 0,
      quietAt: this.clock.now,
      faults: 0,
    }
    this.queues = { fresh: this.#makeQueue('fresh'), retry: this.#makeQueue('retry') }
  }

  /** All but what happened, which its reader keeps; only for when nothing is under way. */
  save(): Restore {
    const { backend, clock, receivers, queues } = this
    const parts = [backend, clock, receivers, queues.fresh, queues.retry]
    const restores = [...parts, this.#chance, this.#globals].map((part) => part.save())
    const counts = new Map(this.#counts)
    // Nobody is in it: the next requests may just as well come to another.
    this.intake = createIntakeGroups()
    return () => {
      this.intake = createIntakeGroups()
      for (const restore of restores) restore()
      this.#counts = new Map(counts)
      seedGlobals(this.#globals.next)
    }
  }

  /** Begins a step by its place in the schedule's list. */
  start(index: number): void {
    const step = this.schedule.steps[index]
    if (step) void this.#act(this, step, index + 1)
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
      calls: {},
      faults: 0,
      messages: [],
      lane: undefined,
      end: undefined,
      readTx: 0,
      readAt: 0,
    }
    this.history.actors.push(actor)
    return actor
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
    if (fault !== undefined) actor.faults += 1
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
  call<T>(actor: Actor, { kind, effect }: OutsideCall<T>): Promise<T> {
    // A dead process does nothing more, and hears nothing.
    if (actor.isDead) return new Promise(() => {})
    const { name, fault } = this.arrive(actor, kind)
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

  /** Starts a consumer on a batch; how it ended is told once. */
  consume(work: typeof consume, messages: Held[], lane: Lane, finish: (end: End) => void): void {
    const actor = this.actor(work === consume ? 'consumer' : 'burial', 'consumer')
    // The only sender is our own engine.
    actor.messages = messages.map(({ body }) => body as MessageRef)
    actor.lane = lane
    const end = (how: End): void => {
      if (actor.end) return
      actor.end = { how, at: this.clock.now }
      finish(how)
    }
    this.whenDead(actor, () => this.clock.after(1, () => end('died')))
    work(this.engine(actor), messages, lane).then(
      () => actor.isDead || end('returned'),
      () => actor.isDead || end('threw'),
    )
  }

  /** Starts a sweep. */
  sweep(): void {
    sweep(this.engine(this.actor('sweep', 'sweep'))).catch(() => {})
  }

  /** Prunes what is old. */
  upkeep(): void {
    enforceRetention(this.engine(this.actor('upkeep', 'sweep'))).catch(() => {})
  }

  /** Counts deliveries for the charts. */
  count(): void {
    countDeliveries(this.engine(this.actor('count', 'sweep'))).catch(() => {})
  }

  /** Both queues lose what they hold. */
  purge(): void {
    this.disturb(0)
    // The only sender is our own engine.
    this.lose(this.queues.fresh.purge() as MessageRef[])
    this.lose(this.queues.retry.purge() as MessageRef[])
  }

  /** Notes messages that a queue accepted and lost. */
  lose(refs: MessageRef[]): void {
    const { lost, tx } = this.history
    for (const { id, version } of refs) lost.push({ id, version, tx })
  }

  #makeQueue(lane: Lane): SimulatedQueue {
    const start = (work: typeof consume) => (held: Held[], finish: (end: End) => void) =>
      this.consume(work, held, lane, finish)
    return new SimulatedQueue(this.clock, start(consume), start(buryDeadLetters))
  }

  #halfMs(kind: keyof typeof HALF_MS): number {
    if (this.schedule.seed === 0) return HALF_MS[kind]
    const isSlow = this.random() * 100 < SLOW_PERCENT
    const ms = Math.ceil(HALF_MS[kind] * this.random() * (isSlow ? 1000 : 4))
    return kind === 'fetch' ? Math.min(ms, MAX_HALF_FETCH_MS) : ms
  }
}

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void

async function outcomeOf<T>(effect: () => T | Promise<T>): Promise<Settle<T>> {
  try {
    const value = await effect()
    return (resolve) => resolve(value)
  } catch (error) {
    return (_, reject) => reject(error)
  }
}

/** How long an answer is late: a receiver stays within its time, a database outlasts a lease. */
function stallMs(kind: CallKind): number {
  return kind === 'fetch' ? 9000 : LATE_MS
}
