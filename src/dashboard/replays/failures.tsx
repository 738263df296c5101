// What a replay has sent in vain, and why.
import type { Paged } from '../../db/page.ts'
import type { Replay } from '../../db/replays/words.ts'
import type { ListedDelivery } from '../../db/views/look-up.ts'
import { DELIVERIES } from '../context.ts'
import { StatusBadge } from '../ui/delivery-state.tsx'
import { Time, writeCount } from '../ui/parts.tsx'

/** Some of them, behind the cursor `after`. */
export type ShownFailures = Paged<ListedDelivery> & { after: string | undefined }

/** They are listed as they are now: one that was delivered since is not among them. */
export function Failures(props: { failures: ShownFailures; replay: Replay; path: string }) {
  const { failures, replay, path } = props
  const { rows, next } = failures
  return (
    <section class="card" aria-labelledby="failures">
      <div class="card-head">
        <h2 id="failures">What failed, and why</h2>
        {replay.failed > 0 ? <span class="muted num">{writeCount(replay.failed)}</span> : null}
      </div>
      {rows.length === 0 ? (
        <p class="muted pad">{describeNone(replay, next)}</p>
      ) : (
        <ul class="lines latest">
          {rows.map((delivery) => (
            <li>
              <StatusBadge delivery={delivery} />
              <a class="row-link" href={`${DELIVERIES}/${delivery.id}`}>
                {delivery.eventType}
              </a>
              <span class="clip bad-text" title={delivery.lastError ?? ''}>
                {delivery.lastError}
              </span>
              <span class="muted">
                <Time at={delivery.updatedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {next === undefined ? null : (
        <nav class="pager" aria-label="Failed deliveries">
          <a class="next-page" href={`${path}?after=${next}`}>
            More →
          </a>
        </nav>
      )}
    </section>
  )
}

function describeNone({ failed }: Replay, next: string | undefined): string {
  if (failed === 0) return 'Nothing has failed.'
  return next === undefined
    ? 'What had failed was delivered or redelivered since.'
    : 'None among those looked at so far.'
}
