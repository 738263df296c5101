// What a replay would do, before it is started: how many, which, how long, and what is to be known.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { PlanWarning, ReplayPlan } from '../../delivery/replay/dry-run.ts'
import { REPLAYS } from '../context.ts'
import { Figure, Notice, Time, writeCount } from '../ui/parts.tsx'
import { toRange } from './plan-query.ts'
import { RangeForm } from './range-form.tsx'
import { EndpointName, RangeInWords, writeDeliveries } from './replay-words.tsx'
import { StartForm, type ShownPlan } from './start-form.tsx'

/** The whole page. */
export function PlanView(shown: ShownPlan) {
  const { plan, query, known, endpoints, faults } = shown
  return (
    <>
      <div class="page-head">
        <div class="clip-parent">
          <p class="crumb">
            <a href={REPLAYS}>Replays</a>
          </p>
          <h1>{nameOfPlan(plan)}</h1>
          <p class="muted">
            <RangeInWords
              filter={toRange(query)}
              hasMissing={query.missing === 'true'}
              known={known}
            />
          </p>
        </div>
      </div>
      {faults.length === 0 ? null : <Notice kind="bad">{faults.join('. ')}.</Notice>}
      <Warnings {...shown} />
      <Figures plan={plan} />
      <div class="columns">
        {shown.isWhole ? <StartForm {...shown} /> : <NotWhole />}
        <Breakdown plan={plan} known={known} />
      </div>
      <section class="card">
        <details class="fold bare-fold" open={plan.total === 0 || faults.length > 0}>
          <summary>Change what is replayed</summary>
          <RangeForm query={query} endpoints={endpoints} />
        </details>
      </section>
    </>
  )
}

function NotWhole() {
  return (
    <section class="card">
      <p class="pad">
        It cannot be started: some of what was to be replayed makes no sense, and without it there
        would be more deliveries. Choose anew below, under “Change what is replayed”.
      </p>
    </section>
  )
}

function nameOfPlan(plan: ReplayPlan): string {
  const { total, totalIsExact } = plan
  if (total === 0 && totalIsExact) return 'Nothing matches'
  if (total === 1 && totalIsExact) return 'Replay the one delivery that matches'
  return `Replay ${totalIsExact ? 'all ' : ''}${writeDeliveries(plan)} that match`
}

function Warnings({ plan: { warnings }, known }: ShownPlan) {
  const told = warnings.filter(({ code }) => code !== 'url_changed')
  if (told.length === 0) return null
  return (
    <Notice kind="wait">
      <ul class="plain">
        {told.map((warning) => (
          <li>
            <EndpointName id={warning.endpointId} known={known} />, {describe(warning)}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

function describe({ count, message }: PlanWarning): string {
  return `${writeDeliveries({ total: count, totalIsExact: true })}: ${message}`
}

function Figures({ plan }: { plan: ReplayPlan }) {
  const { total, totalIsExact, bytes, bytesAreExact, alreadyDelivered } = plan
  return (
    <dl class="figures">
      <Figure name="Deliveries" note={<Ages plan={plan} />}>
        {totalIsExact ? '' : '≥ '}
        {writeCount(total)}
      </Figure>
      <Figure name="Taken already" note="by their consumers, who get them again">
        {writeCount(alreadyDelivered)}
      </Figure>
      <Figure name="Bodies" note={bytesAreExact ? 'in all' : 'about, in all'}>
        {writeBytes(bytes)}
      </Figure>
    </dl>
  )
}

function Ages({ plan: { oldestAt, newestAt } }: { plan: ReplayPlan }) {
  if (oldestAt === null || newestAt === null) return <>match now</>
  return (
    <>
      created <Time at={oldestAt} style="minute" /> to <Time at={newestAt} style="minute" />
    </>
  )
}

/** How many there are of each kind; of very many only the first ones are told apart. */
function Breakdown({ plan, known }: { plan: ReplayPlan; known: Map<string, Endpoint> }) {
  const { byStatus, byEndpoint, byEventType, itemized, total, missing } = plan
  const statuses = Object.entries(byStatus).filter(([, count]) => count > 0)
  return (
    <section class="card" aria-labelledby="which">
      <div class="card-head">
        <h2 id="which">Which they are</h2>
        {itemized < total ? (
          <span class="muted small">the oldest {writeCount(itemized)}</span>
        ) : null}
      </div>
      {total === 0 ? <p class="muted pad">There are none.</p> : null}
      <ul class="lines counts">
        {statuses.map(([status, count]) => (
          <Counted count={count}>{status}</Counted>
        ))}
        {missing > 0 ? <Counted count={missing}>missed: no delivery yet</Counted> : null}
        {byEndpoint.map(({ endpointId, count }) => (
          <Counted count={count}>
            {endpointId === null ? 'inline' : <EndpointName id={endpointId} known={known} />}
          </Counted>
        ))}
        {byEventType.map(({ type, count }) => (
          <Counted count={count}>{type}</Counted>
        ))}
      </ul>
    </section>
  )
}

function Counted({ count, children }: { count: number; children: unknown }) {
  return (
    <li>
      <span class="clip">{children}</span>
      <span class="num">{writeCount(count)}</span>
    </li>
  )
}

/** `840 B`, `12.3 kB`, `1.2 GB` */
function writeBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const place = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** place
  return `${place === 0 ? value : value.toFixed(1)} ${units[place] ?? ''}`
}
