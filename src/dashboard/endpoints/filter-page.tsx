// An endpoint's filter: written, tried with the newest events, and saved.
import { Hono } from 'hono'
import { changeEndpoint } from '../../account/endpoints.ts'
import { toStoredFilter } from '../../account/filters.ts'
import { ownHostOf } from '../../account/own-hosts.ts'
import { tryFilter, type TriedEvent } from '../../account/try-filter.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { instantOf } from '../../db/ids.ts'
import { AppError } from '../../errors.ts'
import { actorOf, ENDPOINTS, EVENTS, type DashboardEnv, type PageContext } from '../context.ts'
import { tellRefusal } from '../refusal.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { Lines, FieldProblem } from '../ui/forms.tsx'
import { prettify } from '../ui/json-text.ts'
import { answerPage } from '../ui/layout.tsx'
import { Badge, nameOf, Time } from '../ui/parts.tsx'
import { endpointOf } from './endpoint-answer.tsx'

/** A filter as somebody begins to write one. */
const EXAMPLE = '{"all": [{"path": "metadata.campaign", "equals": "spring"}]}'

/** What the page shows: a filter as it was typed, what is wrong with it, or what it would have done. */
type ShownFilter = {
  endpoint: Endpoint
  typed: string
  problem?: string | undefined
  tried?: TriedEvent[] | undefined
}

/** The routes of an endpoint's filter. */
export function filterPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id/filter', async (c) => {
    const endpoint = await endpointOf(c)
    // What was typed before the session had ended comes back in the address.
    const typed = (await fieldsOf(c)).get('filter') ?? prettify(endpoint.filter ?? '')
    return answerFilter(c, { endpoint, typed })
  })
  app.post('/:id/filter', (c) => act(c))
  return app
}

/** Tries what was typed, or saves it. Nothing is no filter. */
async function act(c: PageContext) {
  const form = await readForm(c)
  const endpoint = await endpointOf(c)
  const typed = form.get('filter') ?? ''
  try {
    const filter = typed.trim() === '' ? null : toStoredFilter(typed)
    if (form.get('act') === 'try') {
      const tried = await tryFilter(c.get('world'), endpoint.orgId, endpoint.id, filter)
      return await answerFilter(c, { endpoint, typed, tried })
    }
    const asked = { changes: { filter }, host: ownHostOf(c.req.url) }
    await changeEndpoint(c.get('world'), actorOf(c), endpoint, asked)
    return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=saved`, 303)
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 400) throw error
    return answerFilter(c, { endpoint, typed, problem: tellRefusal(error) })
  }
}

function answerFilter(c: PageContext, shown: ShownFilter) {
  const status = shown.problem === undefined ? 200 : 400
  return answerPage(c, { title: 'Filter', section: 'Endpoints', status }, <FilterPage {...shown} />)
}

/** What the page shows. */
export function FilterPage({ endpoint, typed, problem, tried }: ShownFilter) {
  const path = `${ENDPOINTS}/${endpoint.id}`
  return (
    <>
      <div class="page-head">
        <div class="clip-parent">
          <p class="crumb">
            <a href={path}>{nameOf(endpoint)}</a>
          </p>
          <h1>Filter</h1>
        </div>
      </div>
      <section class="card">
        <form method="post" action={`${path}/filter`} class="stack pad">
          <Lines label="Filter, as JSON" name="filter" rows={12} text={typed} problem={problem} />
          <FieldProblem of="filter" text={problem} />
          <p class="muted small" id="filter-hint">
            The endpoint gets an event about a call when its filter holds for the call. Such as{' '}
            <code>{EXAMPLE}</code>. Without one it gets all that it is subscribed to. What it is
            saved as holds for events from then on.
          </p>
          <p class="inline">
            <button name="act" value="try">
              Try it with the newest events
            </button>
            <button class="primary" name="act" value="save">
              Save
            </button>
          </p>
        </form>
      </section>
      {tried === undefined ? null : <Tried tried={tried} />}
    </>
  )
}

function Tried({ tried }: { tried: TriedEvent[] }) {
  const matched = tried.filter(({ reason }) => reason === undefined).length
  return (
    <section class="card" aria-labelledby="tried">
      <div class="card-head">
        <h2 id="tried">
          {matched} of the newest {tried.length} events
        </h2>
        <span class="muted small">would have gone there</span>
      </div>
      {tried.length === 0 ? <p class="muted pad">There are none yet.</p> : null}
      <ul class="lines latest">
        {tried.map((one) => (
          <TriedLine {...one} />
        ))}
      </ul>
    </section>
  )
}

function TriedLine({ event: { id, type }, reason, message }: TriedEvent) {
  return (
    <li>
      <Badge kind={reason === undefined ? 'ok' : 'plain'}>
        {reason === undefined ? 'Gets it' : 'Does not'}
      </Badge>
      <a class="row-link" href={`${EVENTS}/${id}`}>
        {type}
      </a>
      <span class="muted breakable">{reason === undefined ? '' : (message ?? WHY[reason])}</span>
      <span class="muted">
        <Time at={instantOf(id)} />
      </span>
    </li>
  )
}

const WHY: Record<NonNullable<TriedEvent['reason']>, string> = {
  filtered: 'The filter does not let it through.',
  not_subscribed: 'It does not take this type.',
  not_read: 'Its payload was not read: it was deleted, or the payloads are many megabytes.',
}
