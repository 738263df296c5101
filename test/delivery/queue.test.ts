// Messages on their way into a queue: how late each may come, and how many were taken.
import { describe, expect, it } from 'vitest'
import { enqueue } from '../../src/delivery/queue.ts'
import { countConnections } from '../../src/delivery/send/connections.ts'
import { createIsolate } from '../../src/wiring.ts'
import type { DeliveryQueue, LogLine } from '../../src/world.ts'

const REFS = Array.from({ length: 150 }, (_, place) => ({
  orgId: 'org',
  id: String(place),
  version: 1,
}))

/** A queue that refuses its first calls, and says that seven wait in it. */
function queueRefusing(calls: number) {
  const delays: (number | undefined)[][] = []
  const logs: LogLine[] = []
  let refused = 0
  const queue: DeliveryQueue = {
    async sendBatch(messages) {
      refused += 1
      if (refused <= calls) throw new Error('Queue is overloaded')
      delays.push(Array.from(messages, ({ delaySeconds }) => delaySeconds))
      return { metadata: { metrics: { backlogCount: 7, backlogBytes: 0 } } }
    },
  }
  const engine = {
    isolate: createIsolate(Date.now),
    log: (line: LogLine) => logs.push(line),
    queues: { fresh: queue, bulk: queue, retry: queue },
    takeConnection: countConnections(),
  }
  return { delays, logs, engine }
}

describe('enqueue', () => {
  it('keeps each message back as its place says, in calls of a hundred', async () => {
    const { delays, engine } = queueRefusing(0)
    const result = await enqueue(engine, 'retry', REFS, (place) => place)
    expect(result).toEqual({ sent: 150, depth: 7 })
    expect(delays.map(({ length }) => length)).toEqual([100, 50])
    expect(delays.flat()).toEqual(REFS.map((_, place) => place))
  })

  it('goes on after a call that is refused, and counts what was taken (D5)', async () => {
    const { logs, engine } = queueRefusing(1)
    expect(await enqueue(engine, 'retry', REFS)).toEqual({ sent: 50, depth: 7 })
    expect(logs).toMatchObject([{ event: 'enqueue_failed', lane: 'retry', count: 100 }])
  })
})
