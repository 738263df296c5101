// An engine for one simulated process: the real one, with every outside call through the world.
import { createDatabase } from '../../../src/db/client.ts'
import { createStore } from '../../../src/db/store.ts'
import { countConnections } from '../../../src/delivery/send/connections.ts'
import type { DeliveryQueue, World as EngineWorld, Lane, Fetch } from '../../../src/world.ts'
import { sixConnections } from '../../connections.ts'
import { limitD1 } from '../../d1-limits.ts'
import { timeoutOf } from '../outside/chance.ts'
import { REDIRECT_URL, toResponse } from '../outside/receiver.ts'
import { openVault } from '../outside/vault.ts'
import { simulatedD1 } from './d1.ts'
import { DELAY_MS, errorOf } from './faults.ts'
import type { Actor, Post } from './history.ts'
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
    store: createStore(
      createDatabase(limitD1(simulatedD1(world, actor)), {
        random,
        sleep: (ms) => clock.sleep(ms),
      }),
    ),
    queues: {
      fresh: connected(queueDoor(world, actor, 'fresh')),
      retry: connected(queueDoor(world, actor, 'retry')),
    },
    vault: openVault(() => errorOf('vault', world.arrive(actor, 'vault').fault)),
    config,
    random,
    fetch: (url, init) => connect(() => send(url, init), init.signal),
    takeConnection: countConnections(),
    now: () => clock.now + actor.skewMs,
    sleep: (ms) => clock.sleep(ms),
    defer: (work) => void work.catch((error: unknown) => world.history.logs.push(String(error))),
    log: ({ event }) => world.history.logs.push(event),
  }
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
          const refs = batch.map(({ body, delaySeconds = 0 }) => ({
            ...body,
            delayMs: delaySeconds * 1000,
          }))
          const isLost = fault === 'drop' || fault === 'purge'
          history.sents.push({ tx: history.tx, at: clock.now, actor, lane, refs })
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
    history.posts.push(post)
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
