// The replays of an organization, newest first.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Replay } from '../../db/replays/words.ts'
import { DELIVERIES, REPLAYS } from '../context.ts'
import { PlanReplay } from '../ui/commands.tsx'
import { may } from '../ui/may.tsx'
import { Empty, Time, Who, writeCount } from '../ui/parts.tsx'
import { dealtWith, RangeInWords, ReplayBadge, writeDeliveries } from './replay-words.tsx'

/** A line for each: its state, what it is about, how far it is. */
export function ReplayList(props: {
  replays: Replay[]
  known: Map<string, Endpoint>
  next: string | undefined
}) {
  const { replays, known, next } = props
  return (
    <div class="list">
      <table class="rows replays">
        <thead>
          <tr>
            <th class="cell-status">Status</th>
            <th>Replay</th>
            <th class="cell-done end">Done</th>
            <th class="cell-failed end">Failed</th>
            <th class="cell-by">By</th>
            <th class="cell-created">Started</th>
          </tr>
        </thead>
        <tbody>
          {replays.map((replay) => (
            <ReplayRow replay={replay} known={known} />
          ))}
        </tbody>
      </table>
      {next === undefined ? null : (
        <nav class="pager" aria-label="Pages">
          <a class="next-page" href={`${REPLAYS}?after=${next}`}>
            Older →
          </a>
        </nav>
      )}
    </div>
  )
}

function ReplayRow({ replay, known }: { replay: Replay; known: Map<string, Endpoint> }) {
  const { id, status, total, failed, createdBy, createdAt, reason, filter, hasMissing } = replay
  return (
    <tr>
      <td class="cell-status">
        <ReplayBadge status={status} />
      </td>
      <td class="cell-name">
        <a class="row-link" href={`${REPLAYS}/${id}`}>
          {writeDeliveries(replay)}
        </a>
        <span class="sub">
          <RangeInWords filter={filter} hasMissing={hasMissing} known={known} />
        </span>
        {reason === null ? null : <span class="sub breakable">“{reason}”</span>}
      </td>
      <td class="end num" data-name="Done">
        {total === 0 ? '–' : `${writeCount(dealtWith(replay))} of ${writeCount(total)}`}
      </td>
      <td class="end num" data-name="Failed">
        {writeCount(failed)}
      </td>
      <td class="muted" data-name="By">
        <Who actor={createdBy} />
      </td>
      <td class="cell-created">
        <Time at={createdAt} />
      </td>
    </tr>
  )
}

/** How to get a first one. */
export function NoReplays({ origin, now }: { origin: string; now: number }) {
  return (
    <Empty title="No replays yet">
      <p>
        A replay sends a range of deliveries once more, at a pace. Choose them in the{' '}
        <a href={DELIVERIES}>list of deliveries</a>, then “Replay all that match”.
        {may('operate')
          ? ' Or ask the API what it would send, of what failed in the last day:'
          : null}
      </p>
      {may('operate') ? <PlanReplay origin={origin} now={now} /> : null}
    </Empty>
  )
}
