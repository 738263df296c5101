// An endpoint's page in each state.
import { FilterPage } from '../endpoints/filter-page.tsx'
import { EndpointPage } from '../endpoints/page.tsx'
import { makeDeliveries } from './made-up/made-deliveries.ts'
import { ENDPOINT_STATES, makeEndpoint, makeStats, NO_STATS } from './made-up/made-endpoints.ts'
import { listMadeEvents } from './made-up/made-events.ts'
import { HOSTILE } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** The page of a filter: what is wrong with it, and what became of each event that it was tried with. */
export function FilterBoard({ now }: { now: number }) {
  const reasons = [undefined, 'filtered', 'not_subscribed', 'not_read'] as const
  const tried = listMadeEvents(now).flatMap((event) =>
    reasons.map((reason) => ({
      event,
      reason,
      message: reason === 'filtered' ? HOSTILE : undefined,
    })),
  )
  return (
    <Specimen title="Wrong, and tried">
      <FilterPage endpoint={makeEndpoint(now)} typed={HOSTILE} problem={HOSTILE} tried={tried} />
    </Specimen>
  )
}

/** The board. */
export function EndpointsBoard({ now }: { now: number }) {
  const many = makeStats(now, { hours: 12, most: 480 })
  return ENDPOINT_STATES.map(({ name, condition, told }) => {
    const endpoint = makeEndpoint(now, told(now))
    const isWell = condition === 'well'
    const shown = { endpoint, condition, values: endpoint, now, disableAfter: 10, days: 1 as const }
    const secrets = [
      { createdAt: now - 1e10, expiresAt: null },
      { createdAt: now - 2e10, expiresAt: now + 1e7 },
    ]
    const moments = [
      { at: now - 1e7, kind: 'disabled' as const, actor: null },
      { at: now - 5e6, kind: 'moved' as const, actor: HOSTILE },
      { at: now - 1e6, kind: 'rotated' as const, actor: 'dashboard:ab12cd34' },
    ]
    const endings = [
      { error: 'HTTP 500', count: 9, at: now - 1e6 },
      { error: HOSTILE, count: 1, at: now - 1e8 },
    ]
    return (
      <Specimen title={name}>
        <EndpointPage
          {...shown}
          secrets={isWell ? [] : secrets}
          moments={isWell ? [] : moments}
          stats={isWell ? NO_STATS : many}
          endings={endpoint.disabledAt === null ? [] : endings}
          events={isWell ? [] : listMadeEvents(now)}
          seen=""
          deliveries={isWell ? [] : makeDeliveries(now)}
          exhaustedSince={isWell ? undefined : now - 1e8}
          {...(isWell && {
            secret: `whsec_${'0a'.repeat(32)}`,
            notice: 'Saved.',
          })}
        />
      </Specimen>
    )
  })
}
