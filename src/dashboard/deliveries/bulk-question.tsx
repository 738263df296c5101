// What is asked before several deliveries are redelivered: how many, where to, and which cannot be.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { BoundDelivery } from '../../db/views/browse.ts'
import type { Recipient } from '../../db/words.ts'
import { DELIVERIES } from '../context.ts'
import { closedAmong, enableUrl, type Closed } from '../ui/closed.tsx'
import { Question } from '../ui/forms.tsx'
import { nameOf } from '../ui/parts.tsx'

/** What was selected, as it is now. */
type Asked = {
  rows: BoundDelivery[]
  endpoints: Map<string, Endpoint>
  to: Recipient | undefined
  /** The query of the list. */
  back: string
  token: string
}

/** Those that cannot be sent are named, and left out. */
export function AskToRedeliverAll({ rows, endpoints, to, back, token }: Asked) {
  const open = rows.filter((row) => closedAmong(row, endpoints) === undefined)
  const taken = open.filter(({ status }) => status === 'delivered').length
  const left = <LeftOut rows={rows} endpoints={endpoints} />
  if (open.length === 0) return <Nothing back={back}>{left}</Nothing>
  const count = open.length === 1 ? '1 delivery' : `${open.length} deliveries`
  return (
    <Question
      title={`Redeliver ${count}?`}
      action={`${DELIVERIES}/redeliver`}
      fields={[
        ...open.map(({ id }): [string, string] => ['id', id]),
        ['back', back],
        ...(to === undefined ? [] : [['to', to] as [string, string]]),
      ]}
      token={token}
      submit={`Redeliver ${count}`}
      isDangerous={false}
      back={DELIVERIES + back}
    >
      <p>
        {open.length === 1 ? 'It is' : 'Each is'} sent once more, right now, with the same event id
        {to === 'current' ? ', to the URL that its endpoint has now' : ''}:
      </p>
      <ul>
        {[...Map.groupBy(open, (row) => placeOf(row, endpoints))].map(([place, { length }]) => (
          <li class="breakable">
            {length} to {place}
          </li>
        ))}
      </ul>
      {taken === 0 ? null : <p>{taken} of them arrived already: their receivers get them again.</p>}
      {left}
    </Question>
  )
}

function placeOf({ endpointId, url }: BoundDelivery, endpoints: Map<string, Endpoint>): string {
  const endpoint = endpoints.get(endpointId ?? '')
  return nameOf(endpoint ?? { description: null, url })
}

const BECAUSE: Record<Closed, string> = {
  disabled: 'its endpoint is disabled',
  deleted: 'its endpoint was deleted',
  forgotten: 'its payload was deleted',
}

function LeftOut({ rows, endpoints }: Pick<Asked, 'rows' | 'endpoints'>) {
  const closed = rows.flatMap((row) => {
    const reason = closedAmong(row, endpoints)
    return reason ? [{ reason, endpointId: row.endpointId }] : []
  })
  return (
    <>
      {groupClosed(closed).map(({ endpointId, reason, count }) => (
        <p>
          {count} left out: {BECAUSE[reason]}
          {reason === 'disabled' ? (
            <>
              {' '}
              (<a href={enableUrl(endpointId)}>enable {nameOfEndpoint(endpointId, endpoints)}</a>)
            </>
          ) : null}
          .
        </p>
      ))}
    </>
  )
}

type One = { reason: Closed; endpointId: string | null }

/** By the reason, and of endpoints by each. */
function groupClosed(closed: One[]): (One & { count: number })[] {
  const groups = Map.groupBy(closed, ({ reason, endpointId }) =>
    reason === 'forgotten' ? reason : `${reason} ${endpointId}`,
  )
  return [...groups.values()].flatMap(([one, ...others]) =>
    one ? [{ ...one, count: others.length + 1 }] : [],
  )
}

function nameOfEndpoint(id: string | null, endpoints: Map<string, Endpoint>): string {
  const endpoint = endpoints.get(id ?? '')
  return endpoint ? nameOf(endpoint) : 'it'
}

function Nothing({ back, children }: { back: string; children: unknown }) {
  return (
    <section class="card narrow question">
      <h1>Nothing to redeliver</h1>
      {children}
      <p>Tick some deliveries in the list first.</p>
      <p>
        <a class="button" href={DELIVERIES + back}>
          Back to the list
        </a>
      </p>
    </section>
  )
}
