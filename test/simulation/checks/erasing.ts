// L4: an org that is deleted: nothing of it is sent, all of it goes, and another one's stays.
import { ORG } from '../world/world.ts'
import { copyIn } from './copied.ts'
import { idIn, nameOf, type Evidence } from './evidence.ts'

/** No attempt starts later than so many ms after its batch was read, as the consumer says. */
const BATCH_WINDOW_MS = 15_000

/** Rows that one operation of the cron's deletes at most. */
const AT_ONCE = 1000

/**
 * Nothing is sent from a read at which the org was deleted, nor later than a batch's window after one before. In the end
 * no row of it is left, in any database, each gone by a delete of a bounded number of rows; whoever was told that it is
 * deleted finds it so. No row of another org is touched.
 */
export function L4(evidence: Evidence): string[] {
  const { run } = evidence
  const [marked] = evidence.changesOf('deleted_orgs')
  const told = run.history.calls.filter(({ action, answer }) => action === 'erase' && answer)
  const lies = told.filter(({ answer }) => !marked || marked.tx > (answer?.tx ?? 0))
  const wrong = lies.map(({ actor }) => `${actor.name} was told that ${ORG} is deleted`)
  if (!marked) return wrong
  const sent = evidence.requests.filter(
    (post) => post.readTx >= marked.tx || post.at - post.readAt > BATCH_WINDOW_MS,
  )
  const left = run.isSettled ? run.erased.own : ['it goes on and on']
  return [
    ...wrong,
    ...sent.map((post) => `${copyIn(evidence, post) ?? idIn(post)} was sent of a deleted org`),
    ...left.map((what) => `left of a deleted org: ${what}`),
    ...run.erased.others.map((what) => `another org's changed: ${what}`),
    ...tooMany(evidence),
  ]
}

function tooMany({ run }: Evidence): string[] {
  const removed = run.history.deletions.filter(({ actor }) => nameOf(actor) === 'remover')
  return [...Map.groupBy(removed, ({ tx }) => tx).values()]
    .filter(({ length }) => length > AT_ONCE)
    .map(({ length }) => `${length} rows were deleted at once`)
}
