// The form that starts a replay as it was planned, at a pace, once.
import { REPLAY_RATE } from '../../account/schema.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { ReplayPlan } from '../../delivery/replay/dry-run.ts'
import { REPLAYS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { HiddenFields } from '../ui/forms.tsx'
import { writeSeconds } from '../ui/durations.ts'
import { writeCount, writeUrl } from '../ui/parts.tsx'
import { writeRange, type PlanQuery } from './plan-query.ts'
import { EndpointName, writeDeliveries } from './replay-words.tsx'

/** What the page of a plan shows. */
export type ShownPlan = {
  plan: ReplayPlan
  query: PlanQuery
  endpoints: Endpoint[]
  known: Map<string, Endpoint>
  /** What of the request makes no sense, or why it was refused. */
  faults: string[]
  /** Nothing of the filter was left out. */
  isWhole: boolean
}

/** The filter goes along as it was planned; the token makes a form that is sent twice start one replay. */
export function StartForm(shown: ShownPlan) {
  const { plan, query } = shown
  return (
    <section class="card" aria-labelledby="start">
      <div class="card-head">
        <h2 id="start">Start</h2>
      </div>
      <form method="post" action={`${REPLAYS}/new`} class="stack pad">
        <Pace {...shown} />
        <WhereTo {...shown} />
        <label>
          Reason
          <input name="reason" value={query.reason} placeholder="Why? It stands in the audit log" />
        </label>
        <button class="primary" disabled={plan.total === 0}>
          {plan.total === 0 ? 'Nothing to replay' : `Replay ${writeDeliveries(plan)}`}
        </button>
        <p class="muted small">
          Each is sent once more, oldest first. What matches is settled at the start; it can be
          paused, slowed down or canceled on its way.
        </p>
        <HiddenFields fields={[...writeRange(query), ['token', query.token]]} />
      </form>
    </section>
  )
}

/** Where scripts run, how long it takes follows what is typed. */
function Pace({ plan, query }: ShownPlan) {
  return (
    <>
      <label>
        Deliveries a second
        <input
          type="number"
          name="rate"
          id="rate"
          min="1"
          max={REPLAY_RATE.most}
          required
          value={String(query.ratePerSecond)}
          data-total={plan.total}
          aria-describedby="takes"
        />
      </label>
      <p class="muted" id="takes">
        Takes {plan.totalIsExact ? '' : 'at least '}
        <output for="rate" data-takes>
          {plan.seconds > 0 ? writeSeconds(plan.seconds) : '–'}
        </output>
        , longer where an endpoint is slower.{' '}
        <button class="small no-js" formmethod="get" formaction={`${REPLAYS}/new`} formnovalidate>
          Work it out
        </button>
      </p>
    </>
  )
}

/** Asked for only where the two differ. */
function WhereTo({ plan, query, known }: ShownPlan) {
  const changed = plan.warnings.filter(({ code }) => code === 'url_changed')
  if (changed.length === 0) return null
  const count = changed.reduce((sum, one) => sum + one.count, 0)
  return (
    <fieldset class="boxes stacked">
      <legend>
        {writeCount(count)} were made for a URL that their endpoint no longer has. Send them to
      </legend>
      <Choice word="current" query={query}>
        the URL that the endpoint has now
      </Choice>
      <Choice word="original" query={query}>
        the URL that each was made with
      </Choice>
      <ul class="plain muted small">
        {changed.map((one) => (
          <li>
            {writeCount(one.count)} to <EndpointName id={one.endpointId} known={known} />, now{' '}
            <Copyable what="URL" text={writeUrl(known.get(one.endpointId)?.url ?? '')}>
              <span class="breakable">{writeUrl(known.get(one.endpointId)?.url ?? '')}</span>
            </Copyable>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}

function Choice(props: { word: string; query: ShownPlan['query']; children: string }) {
  const { word, query, children } = props
  return (
    <label class="check">
      <input
        type="radio"
        name="recipient"
        value={word}
        required
        checked={query.recipient === word}
      />{' '}
      {children}
    </label>
  )
}
