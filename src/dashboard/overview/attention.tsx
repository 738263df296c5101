// What needs a person first: each with what is the matter, and the page where something can be done about it.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Replay } from '../../db/replays/words.ts'
import type { Condition } from '../../db/views/conditions.ts'
import { ENDPOINTS, REPLAYS } from '../context.ts'
import { StateBadge } from '../ui/endpoint-state.tsx'
import { isDisabledByUs, stateOf } from '../ui/endpoint-words.ts'
import { Badge, nameOf, Time } from '../ui/parts.tsx'

/** What may need somebody. */
export type Concerns = {
  endpoints: Endpoint[]
  conditions: Map<string, Condition>
  replays: Replay[]
  /** When a signing secret last did not open, if that is not long ago, in Unix ms. */
  undecryptableAt: number | undefined
}

/** Nothing where nobody is needed. */
export function Attention(concerns: Concerns) {
  const lines = [...undecryptable(concerns), ...unwell(concerns), ...waiting(concerns)]
  if (lines.length === 0) return null
  return (
    <section class="card" aria-labelledby="attention">
      <div class="card-head">
        <h2 id="attention">Needs you</h2>
      </div>
      <ul class="lines attention">{lines}</ul>
    </section>
  )
}

function Line({ badge, children, text }: { badge: Child; children: Child; text: Child }) {
  return (
    <li>
      {badge}
      {children}
      <span class="muted">{text}</span>
    </li>
  )
}

function undecryptable({ undecryptableAt }: Concerns): Child[] {
  if (undecryptableAt === undefined) return []
  const text = (
    <>
      A signing secret did not open, the last time <Time at={undecryptableAt} />. What it signs
      waits until the operator has put its key back.
    </>
  )
  return [
    <Line badge={<Badge kind="bad">Secret</Badge>} text={text}>
      <span class="row-link">The service</span>
    </Line>,
  ]
}

/** Disabled ones first: they get nothing at all. */
function unwell({ endpoints, conditions }: Concerns): Child[] {
  const isFailing = ({ id, status }: Endpoint) =>
    status === 'enabled' && conditions.get(id) === 'failing'
  const some = [...endpoints.filter(isDisabledByUs), ...endpoints.filter(isFailing)]
  return some.map((endpoint) => {
    const condition = conditions.get(endpoint.id) ?? 'well'
    return (
      <Line
        badge={<StateBadge endpoint={endpoint} condition={condition} />}
        text={sentenceOf(endpoint, condition)}
      >
        <a class="row-link clip" href={`${ENDPOINTS}/${endpoint.id}`}>
          {nameOf(endpoint)}
        </a>
      </Line>
    )
  })
}

function sentenceOf(endpoint: Endpoint, condition: Condition): Child {
  const { disabledAt } = endpoint
  if (!isDisabledByUs(endpoint) || disabledAt === null)
    return stateOf(endpoint, condition).sentence ?? ''
  return (
    <>
      Disabled automatically <Time at={disabledAt} />. It gets nothing until it is enabled.
    </>
  )
}

/** Paused, or held because the first deliveries of an endpoint all failed. */
function waiting({ replays }: Concerns): Child[] {
  return replays.flatMap((replay) => {
    const { id, status, remaining, heldEndpoints } = replay
    const isHeld = status === 'running' && heldEndpoints.length > 0
    if (status !== 'paused' && !isHeld) return []
    const name = `Replay of ${replay.total.toLocaleString('en')}`
    const why = isHeld ? 'The first ten failed at an endpoint: mend it' : 'It waits to be resumed'
    return [
      <Line
        badge={<Badge kind="wait">{isHeld ? 'Held' : 'Paused'}</Badge>}
        text={`${why}. ${remaining.toLocaleString('en')} are left.`}
      >
        <a class="row-link" href={`${REPLAYS}/${id}`}>
          {name}
        </a>
      </Line>,
    ]
  })
}
