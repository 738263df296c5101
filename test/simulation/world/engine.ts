// An engine for one simulated process: the real one, with every outside call through the world.
import { createDatabase, type Database } from '../../../src/db/client.ts'
import type { Home } from '../../../src/db/places.ts'
import { createStore, type Store } from '../../../src/db/store.ts'
import { hearOf } from '../../../src/delivery/announce.ts'
import { countConnections } from '../../../src/delivery/send/connections.ts'
import type { Limiter } from '../../../src/limits.ts'
import type {
  DeliveryQueue,
  World as EngineWorld,
  Lane,
  Fetch,
  Visited,
} from '../../../src/world.ts'
import { sixConnections } from '../../connections.ts'
import { limitD1 } from '../../d1-limits.ts'
import type { DatabaseName } from '../outside/backend.ts'
import { timeoutOf } from '../outside/chance.ts'
import { isCopy, isStep } from '../outside/queue.ts'
import { isElsewhere, REDIRECT_URL, toResponse } from '../outside/receiver.ts'
import { openVault } from '../outside/vault.ts'
import { simulatedD1 } from './d1.ts'
import { DELAY_MS, errorOf } from './faults.ts'
import { hasNoTurn, type Actor, type Post } from './history.ts'
import type { World } from './world.ts'

/** Makes what the doors make from the Worker's env. */
export function makeEngine(world: World, actor: Actor): EngineWorld {
  const { clock, config, random } = world
  const connect = sixConnections()
  const send = fetchDoor(world, actor)
  const connected = ({ sendBatch }: DeliveryQueue): DeliveryQueue => ({
    sendBatch: (messages) => connect(() => sendBatch(messages)),
  })
  return {
    store: timed(world, actor, createStore(openDatabases(world, actor))),
    queues: {
      fresh: connected(queueDoor(world, actor, 'fresh')),
      bulk: connected(queueDoor(world, actor, 'bulk')),
      retry: connected(queueDoor(world, actor, 'retry')),
    },
    vault: openVault(() => errorOf('vault', world.arrive(actor, 'vault').fault)),
    config,
    random,
    fetch: (url, init) => connect(() => send(url, init), init.signal),
    certificates: new Map(),
    takeConnection: countConnections(),
    isolate: world.isolateOf(actor).serve(world, actor),
    now: () => {
      actor.nowAt = clock.now
      return clock.now + actor.skewMs
    },
    sleep: (ms) => clock.sleep(ms),
    defer: (work) => void work.catch((error: unknown) => world.history.logs.push(String(error))),
    log: ({ event }) => world.history.logs.push(event),
    isWithinLimit: limiter(world, actor),
    listen: hearer(world, actor),
  }
}

/** Whoever disables an endpoint tells it at once, where anybody is told: a process of its own to the checks. */
function hearer(world: World, { role }: Actor): NonNullable<EngineWorld['listen']> | undefined {
  if (world.schedule.told === 0) return undefined
  return (transitions) => {
    const isNews = transitions.some(({ to }) => to === 'disabled')
    if (isNews) hearOf(makeEngine(world, world.actor('hearer', role)), transitions)
  }
}

/** Counts nothing unless the schedule says that hosts are crowded; it is as it was when the actor read what it sends. */
function limiter({ schedule, history }: World, actor: Actor): Limiter | undefined {
  if (!schedule.steps.some(({ action }) => action === 'crowd')) return undefined
  return async (counted, key) =>
    counted !== 'unproven_host' || !hasNoTurn(history, key.split(' ')[0] ?? '', actor.readTx)
}

/** The worlds of a job that visits each database, the first one first. */
export function visit(engine: EngineWorld, database: DatabaseName): EngineWorld & Visited {
  const { all, catalog } = engine.store
  const { db } = all.find(({ name }) => name === database) ?? { db: catalog }
  return { ...engine, db, share: 1 / all.length }
}

/** What is spread over databases is put together for each when it is known where to, but it is as of before. */
function timed({ clock }: World, actor: Actor, store: Store): Store {
  return {
    ...store,
    spread: (items, work, strictness) => {
      const askedAt = clock.now
      const workThen: typeof work = (db, some) => {
        actor.nowAt = askedAt
        return work(db, some)
      }
      return store.spread(items, workThen, strictness)
    },
  }
}

function openDatabases(world: World, actor: Actor): [Home, ...Home[]] {
  const open = (name: DatabaseName) => ({ name, db: openD1(world, actor, name) })
  return world.schedule.databases === 1 ? [open('DB')] : [open('DB'), open('DB2')]
}

function openD1(world: World, actor: Actor, database: DatabaseName): Database {
  const { clock, random } = world
  const patience = { random, sleep: (ms: number) => clock.sleep(ms) }
  return createDatabase(limitD1(simulatedD1(world, actor, database)), patience)
}

/** Two copies of a message are so many ms apart, so that two invocations get them. */
const DOUBLE_MS = 5

function queueDoor(world: World, actor: Actor, lane: Lane): DeliveryQueue {
  const { clock, history } = world
  return {
    sendBatch(messages) {
      const batch = [...messages]
      return world.call(actor, {
        kind: 'send',
        effect: (fault) => {
          history.tx += 1
          const sent = batch.flatMap(({ body, delaySeconds = 0 }) =>
            isStep(body) ? [] : [{ ...body, delayMs: delaySeconds * 1000 }],
          )
          const copies = sent.filter(isCopy)
          const refs = sent.filter((one) => !isCopy(one))
          const isLost = fault === 'drop' || fault === 'purge'
          history.sents.push({ tx: history.tx, at: clock.now, actor, lane, refs, copies })
          if (isLost) world.lose(refs)
          if (fault === 'delay') world.disturb(DELAY_MS)
          for (const { body, delaySeconds = 0 } of isLost ? [] : batch) {
            const delayMs = delaySeconds * 1000 + (fault === 'delay' ? DELAY_MS : 0)
            world.queues[lane].add({ ...body }, delayMs)
            if (fault === 'double') world.queues[lane].add({ ...body }, delayMs + DOUBLE_MS)
          }
          if (fault === 'purge') world.purge()
          return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
        },
      })
    },
  }
}

function fetchDoor(world: World, actor: Actor): Fetch {
  const { clock, history } = world
  return async (url, init) => {
    const post: Post = {
      tx: history.tx,
      at: clock.now,
      actor,
      readTx: actor.readTx,
      readAt: actor.readAt,
      url,
      // The engine sends plain headers.
      headers: init.headers as Record<string, string>,
      // And a text.
      body: init.body as string,
      redirect: init.redirect,
      isReceived: false,
      answered: undefined,
    }
    ;(isElsewhere(url) ? history.copied : history.posts).push(post)
    const settle = (status: number | null, failure?: 'hang' | 'break'): void => {
      history.answers += 1
      post.answered = { status, failure, at: clock.now, place: history.answers }
    }
    try {
      const response = await exchange(world, post, init)
      settle(response.status)
      return response
    } catch (error) {
      settle(null, init.signal?.aborted ? 'hang' : 'break')
      throw error
    }
  }
}

async function exchange(world: World, post: Post, init: RequestInit): Promise<Response> {
  const { clock, receivers } = world
  const answer = await world.call(post.actor, {
    kind: 'fetch',
    effect: () => {
      post.isReceived = true
      return receivers.answer(post.url)
    },
  })
  if (answer === 'break') throw new TypeError('Network connection lost.')
  if (answer === 'hang') {
    if (!init.signal) throw new Error('a request goes out without a limit of time')
    const { controller, ms } = timeoutOf(init.signal)
    await clock.sleep(post.at + ms - clock.now)
    controller.abort()
    throw controller.signal.reason
  }
  if (answer !== '302' || init.redirect === 'manual') return toResponse(answer)
  return fetchDoor(world, post.actor)(REDIRECT_URL, init)
}
