// The ways to have sent again what an endpoint has missed: each leads to a plan, filled in.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { REPLAYS } from '../context.ts'
import { may } from '../ui/may.tsx'
import { Time } from '../ui/parts.tsx'
import { writeInstant } from '../ui/time-range.ts'

/** What failed first had been accepted up to so many ms before it had. */
const BEFORE_MS = 60_000

/** A beginning, as it is called, and which deliveries from there on are meant; of a disabled one also what it misses. */
type Beginning = { name: string; at: number; statuses: string[]; missing?: 'true' }

/** `hasLost`: something has failed there that has not arrived; one that is slow alone has lost nothing. */
type Missed = { endpoint: Endpoint; exhaustedSince: number | undefined; hasLost: boolean }

/** Nothing where the endpoint has missed nothing. */
export function Recover(props: Missed) {
  const { endpoint } = props
  const beginnings = beginningsOf(props)
  if (beginnings.length === 0 || !may('operate')) return null
  return (
    <section class="card" aria-labelledby="recover">
      <div class="card-head">
        <h2 id="recover">Recover this endpoint</h2>
        <span class="muted small">once it works again</span>
      </div>
      <div class="pad inline">
        {beginnings.map((beginning) => (
          <a class="button" href={urlOf(endpoint.id, beginning)}>
            Since {beginning.name}, <Time at={beginning.at} style="minute" />
          </a>
        ))}
      </div>
    </section>
  )
}

/** What has failed since it is unwell waits for its next attempt, so that is meant as well. */
function beginningsOf({ endpoint, exhaustedSince, hasLost }: Missed) {
  const { status, disabledAt, unwellSince } = endpoint
  const open = ['pending', 'exhausted']
  const beginnings: Beginning[] = []
  if (unwellSince !== null && hasLost) {
    beginnings.push({ name: 'it is unwell', at: unwellSince - BEFORE_MS, statuses: open })
  }
  if (status === 'disabled' && disabledAt !== null) {
    const at = disabledAt - BEFORE_MS
    beginnings.push({ name: 'it is disabled', at, statuses: open, missing: 'true' })
  }
  if (exhaustedSince !== undefined) {
    const name = 'its oldest exhausted delivery'
    beginnings.push({ name, at: exhaustedSince, statuses: ['exhausted'] })
  }
  return beginnings
}

function urlOf(endpoint: string, { at, statuses, missing }: Beginning): string {
  const fields = statuses.map((status) => ['status', status])
  const params = new URLSearchParams([
    ...fields,
    ['endpoint', endpoint],
    ['from', writeInstant(at)],
    ...(missing ? [['missing', missing]] : []),
  ])
  return `${REPLAYS}/new?${params.toString()}`
}
