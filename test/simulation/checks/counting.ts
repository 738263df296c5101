// Y7: what outcomes count for the parts of replays.
import { isSuccess } from '../model/outcome.ts'
import { countedRow, type Counts } from '../model/replaying.ts'
import { differenceOf } from '../model/tables.ts'
import type { Row } from '../world/history.ts'
import { isCopying } from './copied.ts'
import { idIn, isManual, type Evidence, type Step } from './evidence.ts'
import { recordingsIn, type Recorded } from './records.ts'

/** Each outcome of what a replay had asked for counts for its part, once, in the write that records it. */
export function outcomes(evidence: Evidence): string[] {
  return [...recordingsIn(evidence)].flatMap(({ moment, outcomes: recorded }) => {
    const { tx, actor } = moment
    const byPart = Map.groupBy(recorded, (one) => partOf(evidence, one))
    byPart.delete(undefined)
    const counted = evidence
      .changesOf('replay_parts')
      .filter((step) => step.tx === tx && !isCopying(replayOf(evidence, step)))
    const ids = new Set([...counted.map(({ id }) => id), ...byPart.keys()])
    return [...ids].flatMap((id) => {
      const before = evidence.rowAt('replay_parts', id, tx - 1)
      const counts = countsOf(evidence, byPart.get(id) ?? [])
      const difference =
        before && differenceOf(countedRow(before, counts), evidence.rowAt('replay_parts', id, tx))
      return difference ? [`${actor.name} counted for ${id}: ${difference}`] : []
    })
  })
}

function replayOf(evidence: Evidence, { row, tx }: Step): Row | undefined {
  return evidence.rowAt('replays', row['replay_id'], tx)
}

/** The part that an outcome is counted for; undefined when no replay had asked for it. */
function partOf(evidence: Evidence, { post, step }: Recorded): string | undefined {
  const by = String(evidence.rowAt('deliveries', idIn(post), post.readTx)?.['redelivered_by'])
  if (!isManual(post) || !by.startsWith('replay:')) return undefined
  return `${by.slice('replay:'.length)} ${step.row['endpoint_id'] ?? ''}`
}

function countsOf(evidence: Evidence, recorded: Recorded[]): Counts {
  const counts: Counts = { delivered: 0, failed: 0, late: 0 }
  for (const { post, step } of recorded) {
    const read = evidence.rowAt('deliveries', idIn(post), post.readTx)
    const isDelivered = post.answered !== undefined && isSuccess(post.answered)
    counts[isDelivered ? 'delivered' : 'failed'] += 1
    if (read?.['version'] !== step.before?.['version']) counts.late += 1
  }
  return counts
}
