// R7: an endpoint that takes only so many requests a second, and who goes first.
import { startOf, type Evidence, type Moment, idIn } from './evidence.ts'
import { isFresh } from '../model/sweep.ts'
import type { Post, Row } from '../world/history.ts'

/**
 * No second has more requests to an endpoint than it takes, by the clocks of those who make them and who knew of the
 * limit when they read what they send. What waits for its turn is let go in its order, what was never attempted before all else; nothing
 * is left waiting for a turn that never comes.
 */
export function R7(evidence: Evidence): string[] {
  return [...crowded(evidence), ...overtaken(evidence), ...stranded(evidence)]
}

type Limited = { post: Post; at: number; limit: number }

function crowded(evidence: Evidence): string[] {
  const byEndpoint = Map.groupBy(
    evidence.run.history.posts.flatMap((post) => limitedBy(evidence, post)),
    ({ post }) => evidence.rowAt('deliveries', idIn(post), post.readTx)?.['endpoint_id'],
  )
  return [...byEndpoint.values()].flatMap((all) => {
    const inOrder = all.toSorted((a, b) => a.at - b.at)
    return inOrder.flatMap((one, place) => {
      // Where the limit was changed meanwhile, the higher of both may hold.
      const until = inOrder.filter(({ at }) => at >= one.at && at < one.at + 1000)
      const limit = Math.max(...until.map((other) => other.limit))
      return until.length <= limit || place > inOrder.indexOf(one)
        ? []
        : [`${until.length} requests within a second of ${startOf(one.post)}`]
    })
  })
}

function limitedBy(evidence: Evidence, post: Post): Limited[] {
  const delivery = evidence.rowAt('deliveries', idIn(post), post.readTx)
  const endpoint = evidence.rowAt('endpoints', delivery?.['endpoint_id'], post.readTx)
  const limit = endpoint?.['max_per_second']
  return typeof limit === 'number' ? [{ post, at: post.at + post.actor.skewMs, limit }] : []
}

/** Of what waits for its turn none that was attempted, or is asked for, is let go before one that never was. */
function overtaken(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    for (const { kind, before, row, id } of moment.changes) {
      const isReleased =
        kind === 'deliveries' &&
        before?.['sweep_at'] === null &&
        before['stage'] === 'pending' &&
        row['sweep_at'] !== null &&
        row['version'] === before['version']
      if (!isReleased || isFresh(before)) continue
      const endpoint = moment.before.endpoints.get(String(row['endpoint_id']))
      const isLimited = typeof endpoint?.['max_per_second'] === 'number'
      const left = isLimited ? leftBehind(moment, endpoint) : []
      if (left.length > 0) wrong.push(`${moment.actor.name} let ${id} go before ${left.join(' ')}`)
    }
  }
  return wrong
}

function leftBehind({ before, changes }: Moment, endpoint: Row): string[] {
  const touched = new Set(changes.map(({ id }) => id))
  return [...before.deliveries]
    .filter(
      ([id, row]) =>
        !touched.has(id) &&
        row['endpoint_id'] === endpoint['id'] &&
        row['stage'] === 'pending' &&
        row['sweep_at'] === null &&
        isFresh(row),
    )
    .map(([id]) => id)
}

/** Whatever is parked for an enabled endpoint with a pace of its own, the sweep has to look at. */
function stranded(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const { actor, before } of evidence.moments()) {
    for (const [id, endpoint] of before.endpoints) {
      const isPaced = typeof endpoint['max_per_second'] === 'number'
      if (!isPaced || endpoint['status'] !== 'enabled' || endpoint['unwell_since'] !== null)
        continue
      const waits = [...before.deliveries.values()].some(
        (row) =>
          row['endpoint_id'] === id && row['stage'] === 'pending' && row['sweep_at'] === null,
      )
      const sweepAt = endpoint['sweep_at']
      const isLookedAt = typeof sweepAt === 'number' && endpoint['pace'] !== null
      if (waits && !isLookedAt) wrong.push(`before ${actor.name} nobody looks at ${id}`)
    }
  }
  return wrong
}
