// What queues start: consumers of deliveries, steps of replays, and the burial of what came back too often.
import type { StepRef } from '../../../src/db/words.ts'
import { receive } from '../../../src/delivery/receive.ts'
import { buryDeadLetters } from '../../../src/delivery/upkeep/dead-letters.ts'
import type { World as EngineWorld, Lane } from '../../../src/world.ts'
import { isCopy, isStep, SimulatedQueue, type End, type Held } from '../outside/queue.ts'
import type { CopyRef, MessageRef } from './history.ts'
import type { World } from './world.ts'

type Work = (engine: EngineWorld, held: Held[], lane: Lane) => Promise<void>

/** A lane's queue is known by its name. */
const work: Work = (engine, messages, lane) =>
  receive(engine, { queue: `simulated-${lane}`, messages })

/** What is done, by the name of the process that does it. */
const WORKS = {
  consumer: work,
  step: work,
  burial: buryDeadLetters,
} as const satisfies Record<string, Work>

/** The queue of a lane. Each of its batches begins an invocation, of deliveries or of one step. */
export function makeQueue(world: World, lane: Lane): SimulatedQueue {
  const start = (name: keyof typeof WORKS) => (held: Held[], finish: (end: End) => void) =>
    invoke(world, held.some(({ body }) => isStep(body)) && name === 'consumer' ? 'step' : name, {
      held,
      lane,
      finish,
    })
  return new SimulatedQueue(world.clock, start('consumer'), start('burial'))
}

type Invocation = { held: Held[]; lane: Lane; finish: (end: End) => void }

/** Starts a process on a batch; how it ended is told once. */
function invoke(world: World, name: keyof typeof WORKS, { held, lane, finish }: Invocation): void {
  const actor = world.actor(name, 'consumer')
  // The only sender is our own engine.
  const bodies = held.map(({ body }) => body as (MessageRef & Partial<CopyRef>) | StepRef)
  const refs = bodies.flatMap((body) => (isStep(body) ? [] : body))
  actor.messages = refs.filter((ref) => !isCopy(ref))
  actor.copies = refs.filter(isCopy)
  actor.step = bodies.find(isStep)
  actor.lane = lane
  const end = (how: End): void => {
    if (actor.end) return
    actor.end = { how, at: world.clock.now }
    finish(how)
  }
  world.whenDead(actor, () => world.clock.after(1, () => end('died')))
  WORKS[name](world.engine(actor), held, lane).then(
    () => actor.isDead || end('returned'),
    () => actor.isDead || end('threw'),
  )
}
