// The lists, whose rows are lines of a table or cards by the width that there is.
import { readQuery } from '../deliveries/filter.ts'
import { FilterForm } from '../deliveries/filter-form.tsx'
import { DeliveryList } from '../deliveries/list.tsx'
import { EndpointList } from '../endpoints/list.tsx'
import { ReplayList } from '../replays/list.tsx'
import { AuditLog } from '../settings/audit-log.tsx'
import { makeDeliveries } from './made-up/made-deliveries.ts'
import { makeAuditLog } from './made-up/made-account.ts'
import { ENDPOINT_STATES, makeEndpoints, makeStats } from './made-up/made-endpoints.ts'
import { knownTo, makeReplays } from './made-up/made-replays.ts'
import { Specimen } from './specimen.tsx'

/** The board. */
export function ListsBoard({ now }: { now: number }) {
  const replays = { replays: makeReplays(now), known: knownTo(now) }
  return (
    <>
      <Deliveries now={now} />
      <Specimen title="Endpoints">
        <Endpoints now={now} />
      </Specimen>
      <Specimen title="Replays">
        <ReplayList {...replays} next="0199ab12-5555-7000-8000-000000000001" />
      </Specimen>
      <Specimen title="Audit log">
        <section class="card">
          <AuditLog entries={makeAuditLog(now)} />
        </section>
      </Specimen>
      <Specimen title="Audit log, empty">
        <section class="card">
          <AuditLog entries={[]} />
        </section>
      </Specimen>
    </>
  )
}

function Deliveries({ now }: { now: number }) {
  const rows = makeDeliveries(now)
  const endpoints = makeEndpoints(now)
  const query = readQuery({ type: 'call.failed', from: '2026-11-01T05:30' })
  const context = {
    query,
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    maxAttempts: 8,
    now,
  }
  const next = rows.at(-1)?.id
  return (
    <>
      <Specimen title="Filters">
        <FilterForm query={query} endpoints={endpoints} />
      </Specimen>
      <Specimen title="Deliveries, one in each state">
        <DeliveryList page={{ rows, hasMore: true, next, searchedTo: now }} context={context} />
      </Specimen>
      <Specimen title="Deliveries, just one">
        <DeliveryList
          page={{
            rows: rows.slice(0, 1),
            hasMore: false,
            next: undefined,
            searchedTo: undefined,
          }}
          context={context}
        />
      </Specimen>
    </>
  )
}

function Endpoints({ now }: { now: number }) {
  const endpoints = makeEndpoints(now)
  const conditions = new Map(
    endpoints.map(({ id }, place) => [id, ENDPOINT_STATES[place]?.condition ?? 'well']),
  )
  const [first] = endpoints
  const stats = makeStats(now, { hours: 24, most: 480, endpointId: first?.id ?? '' })
  return <EndpointList {...{ endpoints, conditions, stats, now }} disableAfter={10} />
}
