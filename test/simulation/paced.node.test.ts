// 300 events for an endpoint that takes ten a second, beside one that takes as many as there are.
import { afterAll, describe, expect, it } from 'vitest'
import { idIn } from './checks/evidence.ts'
import { urlOf } from './outside/receiver.ts'
import { parseSchedule } from './schedules/schedule.ts'
import { Tester } from './tester.ts'
import type { Post } from './world/history.ts'
import type { Run } from './world/run.ts'

const TIMEOUT_MS = 120_000

const BURSTS = 'endpoints=2 | batch:100@0 batch:100@3 batch:100@6 | 200 200'

const tester = new Tester()

afterAll(() => tester.release())

/** The requests to the first endpoint, or to the second. */
function postsTo({ history }: Run, place: number): Post[] {
  return history.posts.filter(({ url }) => url === urlOf(place))
}

/** How many there were in each second that begins with one of them. */
function bySecond(posts: Post[]): number[] {
  const instants = posts.map(({ at }) => at)
  return instants.map((from) => instants.filter((at) => at >= from && at < from + 1000).length)
}

/** The 95th percentile of how long a delivery waited for its first request, in ms. */
function p95(posts: Post[], run: Run): number {
  const created = new Map(
    run.tables.deliveries.map((row) => [String(row['id']), Number(row['created_at'])]),
  )
  const waits = posts
    .map((post) => post.at - (created.get(idIn(post)) ?? 0))
    .toSorted((a, b) => a - b)
  return waits[Math.ceil(waits.length * 0.95) - 1] ?? Infinity
}

describe('300 events for ten a second', () => {
  it.each(['room=256', 'room=0'])(
    'are never more than ten in any second, arrive once each, and slow nobody else: %s (R7, R2)',
    { timeout: TIMEOUT_MS },
    async (setting) => {
      const { run } = await tester.try(parseSchedule(`limit=10 ${setting} ${BURSTS}`))
      const { run: without } = await tester.try(parseSchedule(`${setting} ${BURSTS}`))
      const posts = postsTo(run, 1)
      expect(posts).toHaveLength(300)
      expect(new Set(posts.map(idIn)).size).toBe(300)
      expect(Math.max(...bySecond(posts))).toBe(10)
      expect(run.tables.deliveries.every((row) => row['status'] === 'delivered')).toBe(true)
      expect(run.tables.deliveries.every((row) => row['attempt_count'] === 1)).toBe(true)
      // The sweep, each minute, is not what brings them on.
      const [first, last] = [posts[0]?.at ?? 0, posts.at(-1)?.at ?? Infinity]
      expect(last - first).toBeLessThan((300 / 8.5) * 1000)
      expect(p95(postsTo(run, 2), run)).toBeLessThanOrEqual(1.2 * p95(postsTo(without, 2), without))
    },
  )
})
