// The overview of who has nothing to worry about, and of who has everything.
import { Overview } from '../overview/page.tsx'
import { Alerts } from '../ui/alerts.tsx'
import { makeQuotas } from './made-up/made-account.ts'
import { makeDeliveries } from './made-up/made-deliveries.ts'
import { ENDPOINT_STATES, makeEndpoints, makeStats, NO_STATS } from './made-up/made-endpoints.ts'
import { makeReplays } from './made-up/made-replays.ts'
import { Specimen } from './specimen.tsx'

/** The board. */
export function OverviewBoard({ now }: { now: number }) {
  return (
    <>
      <Specimen title="Alerts, more than are told one by one">
        <Alerts alerts={makeAlerts(now)} stops={[]} />
      </Specimen>
      <Specimen title="Nothing fails">
        <Overview
          {...CALM}
          now={now}
          endpoints={makeEndpoints(now)}
          backlog={{ ...CALM.backlog, sweptAt: now }}
        />
      </Specimen>
      <Specimen title="Everything fails">
        <Overview {...makeBusy(now)} />
      </Specimen>
    </>
  )
}

function makeAlerts(now: number) {
  return makeEndpoints(now).map(({ id, url, description }, place) => ({
    endpointId: id,
    url,
    description,
    disabledAt: now - place * 60_000,
    failures: 10 ** place,
  }))
}

const CALM = {
  backlog: { pending: 0, held: 0, paced: 0, oldestDueAt: null, undecryptableAt: null },
  conditions: new Map(),
  replays: [],
  failed: [],
  quotas: [],
  stats: NO_STATS,
  days: 1 as const,
}

function makeBusy(now: number) {
  const endpoints = makeEndpoints(now)
  const stats = endpoints.map(({ id }, place) =>
    makeStats(now, { hours: 168, most: 10 ** place, endpointId: id }),
  )
  const backlog = { pending: 1_000_000, held: 120_000, paced: 3000 }
  return {
    now,
    endpoints,
    backlog: { ...backlog, oldestDueAt: now - 9e7, sweptAt: null, undecryptableAt: now - 1e7 },
    conditions: new Map(
      endpoints.map(({ id }, place) => [id, ENDPOINT_STATES[place]?.condition ?? 'well']),
    ),
    replays: makeReplays(now),
    failed: makeDeliveries(now),
    quotas: makeQuotas(),
    stats: {
      hours: stats.flatMap(({ hours }) => hours),
      counts: stats.flatMap(({ counts }) => counts),
      untilAt: now,
    },
    days: 7 as const,
  }
}
