// A replay in each status, and plans of none, of one and of very many.
import { ReplayPage } from '../replays/page.tsx'
import { PlanView } from '../replays/plan-view.tsx'
import { readPlan } from '../replays/plan-query.ts'
import { makeDeliveries } from './made-up/made-deliveries.ts'
import { makeEndpoints } from './made-up/made-endpoints.ts'
import {
  knownTo,
  makeLargePlan,
  makePlan,
  makeReplays,
  REPLAY_STATES,
} from './made-up/made-replays.ts'
import { HOSTILE, LONG_NAME, UNBROKEN } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** The board. */
export function ReplaysBoard({ now }: { now: number }) {
  const known = knownTo(now)
  const rows = makeDeliveries(now).filter(({ status }) => status === 'exhausted')
  return (
    <>
      {makeReplays(now).map((replay, place) => {
        const shown = replay.failed > 0 ? rows : []
        const failures = { rows: shown, hasMore: true, next: rows[0]?.id, after: undefined }
        return (
          <Specimen title={REPLAY_STATES[place]?.name ?? ''}>
            <ReplayPage {...{ replay, known, failures, now }} looks={[]} />
          </Specimen>
        )
      })}
      <Specimen title="A replay, and what was refused">
        <ReplayPage
          {...{ known, now }}
          replay={makeReplays(now)[0] ?? failNone()}
          failures={{ rows: [], hasMore: false, next: undefined, after: undefined }}
          looks={[]}
          notice={{ kind: 'bad', text: `${LONG_NAME} ${UNBROKEN}` }}
        />
      </Specimen>
      <Plans now={now} />
    </>
  )
}

function failNone(): never {
  throw new Error('some replays are made up')
}

function Plans({ now }: { now: number }) {
  const plans = {
    'A plan of nothing, and what is wrong with it': {
      plan: makePlan(),
      params: new URLSearchParams({ rate: 'many', status: 'lost', reason: HOSTILE }),
    },
    'A plan of one': {
      plan: makePlan({ total: 1, itemized: 1, bytes: 840, seconds: 1, oldestAt: now }),
      params: new URLSearchParams({ status: 'exhausted' }),
    },
    'A plan of very many': {
      plan: makeLargePlan(now),
      params: new URLSearchParams({ reason: UNBROKEN, missing: 'true' }),
    },
  }
  const shared = { endpoints: makeEndpoints(now), known: knownTo(now) }
  return Object.entries(plans).map(([name, { plan, params }]) => (
    <Specimen title={name}>
      <PlanView plan={plan} {...readPlan(params)} {...shared} />
    </Specimen>
  ))
}
