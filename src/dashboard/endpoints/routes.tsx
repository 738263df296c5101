// The pages of endpoints: the list, a new one, and one by itself.
import { Hono } from 'hono'
import { addEndpoint } from '../../account/endpoints.ts'
import { ownHostOf } from '../../account/own-hosts.ts'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { readConditions } from '../../db/views/conditions.ts'
import { readStats } from '../../db/views/stats.ts'
import { AppError } from '../../errors.ts'
import { writeCovered } from '../../webhook/own-headers.ts'
import { actorOf, dataOf, ENDPOINTS, type DashboardEnv, type PageContext } from '../context.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { onceFor, tokenOf } from '../once.ts'
import { tellRefusal } from '../refusal.ts'
import { HiddenFields } from '../ui/forms.tsx'
import { Current, hasSeen } from '../ui/current.tsx'
import { answerPage } from '../ui/layout.tsx'
import { May } from '../ui/may.tsx'
import { Notice, PageHead } from '../ui/parts.tsx'
import { DAY_MS } from '../ui/series.ts'
import { endpointActRoutes, save } from './endpoint-acts.tsx'
import { answerDeleted, answerEndpoint, findAddressed } from './endpoint-answer.tsx'
import {
  EndpointForm,
  NEW_ENDPOINT,
  problemsOf,
  readEndpoint,
  statusOf,
  type EndpointValues,
} from './form.tsx'
import { HeadersField, orNone, readHeaders, withoutValues } from './headers-field.tsx'
import { filterPageRoutes } from './filter-page.tsx'
import { EndpointList, NoEndpoints, seenOfList } from './list.tsx'
import { NotesFields, problemsOfNotes, readNotes, type TypedNotes } from './notes-card.tsx'
import { testPageRoutes } from './test-page.tsx'

/** How often an open list asks, in seconds. */
const LIST_POLL_S = 10

const NOTICES: Record<string, string> = {
  saved: 'Saved.',
  enabled: 'Enabled. What was held goes on now.',
  disabled: 'Disabled. Its pending deliveries are held.',
}

/** The routes below /dashboard/endpoints. */
export function endpointRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/new', async (c) => {
    const fields = await fieldsOf(c)
    const { typed } = readNotes(fields)
    const values = typedIn(fields) ?? NEW_ENDPOINT
    return answerNew(c, {
      values,
      token: tokenOf(fields),
      typedNotes: { ...typed, problems: undefined },
    })
  })
  app.post('/new', (c) => create(c))
  app.get('/:id', async (c) => {
    const values = typedIn(await fieldsOf(c))
    const notice = NOTICES[c.req.query('done') ?? '']
    const endpoint = await findAddressed(c)
    if (!endpoint) return answerDeleted(c)
    return answerEndpoint(c, endpoint, { notice, ...(values && { values }) })
  })
  app.post('/:id', (c) => save(c))
  app.route('/', endpointActRoutes())
  app.route('/', testPageRoutes())
  app.route('/', filterPageRoutes())
  return app
}

/** What an address fills the form in with: what was typed before the session had ended. */
function typedIn(fields: URLSearchParams): EndpointValues | undefined {
  if (!fields.has('url')) return undefined
  const { problems: _problems, ...values } = readEndpoint(fields).values
  return values
}

async function answerList(c: PageContext) {
  const { now, config } = c.get('world')
  const { orgId } = c.get('session')
  const [endpoints, conditions, stats] = await Promise.all([
    listEndpoints(dataOf(c), orgId),
    readConditions(dataOf(c), orgId),
    readStats(dataOf(c), orgId, { since: now() - DAY_MS }),
  ])
  const disableAfter = config.disableAfterExhausted
  const lines = { endpoints, conditions, stats, disableAfter, now: now() }
  const seen = seenOfList(lines)
  if (hasSeen(c, seen)) return c.body(null, 204)
  return answerPage(
    c,
    { title: 'Endpoints', section: 'Endpoints' },
    <>
      <PageHead title="Endpoints">
        <May do="manage">
          <a class="button primary" href={`${ENDPOINTS}/new`}>
            New endpoint
          </a>
        </May>
      </PageHead>
      {c.req.query('done') === 'deleted' ? <Notice kind="ok">Deleted.</Notice> : null}
      <Current id="endpoints" path={ENDPOINTS} everyS={LIST_POLL_S} seen={seen}>
        {endpoints.length === 0 ? (
          <NoEndpoints origin={new URL(c.req.url).origin} />
        ) : (
          <EndpointList {...lines} />
        )}
      </Current>
    </>,
  )
}

/** What the form of a new endpoint shows, and why it was refused, where that is about none of its fields. */
type ShownForm = {
  values: EndpointValues
  typedNotes: TypedNotes
  token: string
  headers?: string
  refusal?: AppError
}

/** The token makes a form that is sent twice create one endpoint, and show its secret both times. */
function answerNew(c: PageContext, shown: ShownForm) {
  const { values, typedNotes, token, headers = '', refusal } = shown
  const more = (
    <>
      <HeadersField text={headers} problem={values.problems?.headers} />
      <NotesFields typed={typedNotes} />
    </>
  )
  const status = statusOf(shown)
  return answerPage(
    c,
    { title: 'New endpoint', section: 'Endpoints', status },
    <>
      <PageHead title="New endpoint" />
      {refusal ? <Notice kind="bad">{tellRefusal(refusal)}</Notice> : null}
      <section class="card narrow">
        <EndpointForm action={`${ENDPOINTS}/new`} values={values} submit="Create" more={more}>
          <HiddenFields fields={[['token', token]]} />
        </EndpointForm>
      </section>
    </>,
  )
}

async function create(c: PageContext) {
  const form = await readForm(c)
  const { wanted, values } = readEndpoint(form)
  const { lines, problem } = readHeaders(form)
  const { notes, typed: typedNotes } = readNotes(form)
  const shown = { values, typedNotes, token: tokenOf(form), headers: withoutValues(form) }
  if (!wanted) return answerNew(c, shown)
  if (!lines)
    return answerNew(c, { ...shown, values: { ...wanted, problems: { headers: problem } } })
  if (!notes) return answerNew(c, shown)
  // Only compared with that of a repetition, so the request itself does for its hash, but for what is secret.
  const asked = JSON.stringify({ ...wanted, ...notes, headers: lines.map(writeCovered) })
  try {
    const host = ownHostOf(c.req.url)
    const made = { ...wanted, ...notes, headers: orNone(lines), filter: null }
    const how = { host, idempotency: onceFor(c, form, { asked }) }
    const { answer } = await addEndpoint(c.get('world'), actorOf(c), made, how)
    return await answerEndpoint(c, answer.endpoint, { secret: answer.plaintext })
  } catch (error) {
    return answerNew(c, { ...shown, ...explainRefusal(error, shown) })
  }
}

/** What the form is to say of it. @throws the error itself, when there is nothing to be typed otherwise. */
function explainRefusal(error: unknown, { values, typedNotes }: ShownForm): Partial<ShownForm> {
  if (error instanceof AppError && error.code === 'external_id_taken')
    return { typedNotes: { ...typedNotes, problems: problemsOfNotes(error) } }
  if (error instanceof AppError && error.status === 409)
    return { token: crypto.randomUUID(), refusal: error }
  return { values: { ...values, problems: problemsOf(error) } }
}
