// What can be done to an endpoint: each act is asked for at the address that it is posted to.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import {
  applyChanges,
  changeEndpoint,
  dismissAlert,
  removeEndpoint,
  replaceSecret,
  type WantedEndpoint,
} from '../../account/endpoints.ts'
import { ownHostOf } from '../../account/own-hosts.ts'
import { EndpointStatus } from '../../account/schema.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { checkReceiver } from '../../delivery/check-receiver.ts'
import { actorOf, BASE, ENDPOINTS, idOf, type DashboardEnv, type PageContext } from '../context.ts'
import { readField, readOverlapMs, USUAL_OVERLAP } from '../fields.ts'
import { fieldsOf, readForm, writeForm } from '../sent-form.ts'
import { onceFor, tokenOf } from '../once.ts'
import { answerPage } from '../ui/layout.tsx'
import { answerConflict, answerEndpoint, endpointOf } from './endpoint-answer.tsx'
import { problemsOf, readEndpoint, type EndpointValues } from './form.tsx'
import { orNone, readHeaders, withoutValues } from './headers-field.tsx'
import { problemsOfNotes, readNotes } from './notes-card.tsx'
import { AskForStatus, AskToDelete, AskToMove, AskToRotate } from './endpoint-questions.tsx'

/** The routes of what is done to one endpoint. */
export function endpointActRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id/change', (c) => askToMove(c))
  app.post('/:id/change', (c) => change(c))
  // They stand on the endpoint's page, in a form.
  app.get('/:id/headers', async (c) => c.redirect(`${ENDPOINTS}/${(await endpointOf(c)).id}`, 303))
  app.post('/:id/headers', (c) => saveHeaders(c))
  // What was typed before the session had ended comes back in the address.
  app.get('/:id/notes', async (c) => {
    const { typed } = readNotes(await fieldsOf(c))
    return answerEndpoint(c, await endpointOf(c), { typedNotes: typed })
  })
  app.post('/:id/notes', (c) => saveNotes(c))
  app.get('/:id/status', (c) => askForStatus(c))
  app.post('/:id/status', (c) => setStatus(c))
  // A check is begun with its button, on the endpoint's page.
  app.get('/:id/check', async (c) => c.redirect(`${ENDPOINTS}/${(await endpointOf(c)).id}`, 303))
  app.post('/:id/check', (c) => check(c))
  // What is not dismissed stands on the endpoint's page, with its button.
  app.get('/:id/dismiss', async (c) => c.redirect(`${ENDPOINTS}/${(await endpointOf(c)).id}`, 303))
  app.post('/:id/dismiss', (c) => dismiss(c))
  app.get('/:id/rotate', (c) => askToRotate(c))
  app.post('/:id/rotate', (c) => rotate(c))
  app.get('/:id/delete', (c) => ask(c, 'Delete', AskToDelete))
  app.post('/:id/delete', async (c) => {
    await removeEndpoint(c.get('world'), actorOf(c), idOf(c))
    return c.redirect(`${ENDPOINTS}?done=deleted`, 303)
  })
  return app
}

/**
 * Saves what was typed; of another URL asks first, at an address that says all of it.
 * @throws AppError `not_found`.
 */
export async function save(c: PageContext) {
  const form = await readForm(c)
  const { wanted, values } = readEndpoint(form)
  const endpoint = await endpointOf(c)
  if (!wanted) return answerEndpoint(c, endpoint, { values })
  if (wanted.url === endpoint.url) return change(c)
  return c.redirect(`${ENDPOINTS}/${endpoint.id}/change${await writeForm(c)}`, 303)
}

async function change(c: PageContext) {
  const form = await readForm(c)
  const { wanted, values } = readEndpoint(form)
  const endpoint = await endpointOf(c)
  if (!wanted) return answerEndpoint(c, endpoint, { values })
  return apply(c, endpoint, wanted, form)
}

/** Nothing is done by it that a second click would do twice. */
async function check(c: PageContext) {
  const endpoint = await endpointOf(c)
  const checked = await checkReceiver(c.get('world'), endpoint.orgId, endpoint.id)
  return answerEndpoint(c, endpoint, { checked })
}

/** Its headers by themselves: all else stays. */
async function saveHeaders(c: PageContext) {
  const endpoint = await endpointOf(c)
  return apply(c, endpoint, {}, await readForm(c))
}

/** What is noted on it by itself. */
async function saveNotes(c: PageContext) {
  const endpoint = await endpointOf(c)
  const { notes, typed } = readNotes(await readForm(c))
  if (!notes) return answerEndpoint(c, endpoint, { typedNotes: typed })
  try {
    await applyChanges(c.get('world'), actorOf(c), endpoint.id, notes)
    return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=saved`, 303)
  } catch (error) {
    return answerEndpoint(c, endpoint, {
      typedNotes: { ...typed, problems: problemsOfNotes(error) },
    })
  }
}

/** Headers where the form has them. Of what is wrong with them their names are shown again, and no value. */
async function apply(
  c: PageContext,
  endpoint: Endpoint,
  wanted: Partial<WantedEndpoint>,
  form: URLSearchParams,
) {
  const refuse = (problems: EndpointValues['problems']) =>
    answerEndpoint(c, endpoint, {
      values: { ...endpoint, ...wanted, problems },
      ...(form.has('headers') && { typedHeaders: withoutValues(form) }),
    })
  const { lines, problem } = readHeaders(form)
  if (!lines) return refuse({ headers: problem })
  const changes = { ...wanted, ...(form.has('headers') && { headers: orNone(lines) }) }
  try {
    const asked = { changes, host: ownHostOf(c.req.url) }
    await changeEndpoint(c.get('world'), actorOf(c), endpoint, asked)
    return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=saved`, 303)
  } catch (error) {
    return refuse(problemsOf(error))
  }
}

async function askToMove(c: PageContext) {
  const { values } = readEndpoint(await fieldsOf(c))
  if (values.problems) return answerEndpoint(c, await endpointOf(c), { values })
  return ask(c, 'Change the URL', (asked) => <AskToMove {...asked} values={values} />)
}

async function askForStatus(c: PageContext) {
  const endpoint = await endpointOf(c)
  const fields = await fieldsOf(c)
  const status = readField('status', EndpointStatus, fields.get('status'))
  const title = status === 'enabled' ? 'Enable' : 'Disable'
  const asked = { endpoint, token: tokenOf(fields), status }
  return answerPage(c, { title, section: 'Endpoints' }, <AskForStatus {...asked} />)
}

async function setStatus(c: PageContext) {
  const status = readField('status', EndpointStatus, (await readForm(c)).get('status'))
  const endpoint = await applyChanges(c.get('world'), actorOf(c), idOf(c), { status })
  return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=${status}`, 303)
}

async function askToRotate(c: PageContext) {
  const overlap = (await fieldsOf(c)).get('overlap') ?? USUAL_OVERLAP
  return ask(c, 'Rotate the secret', (asked) => <AskToRotate {...asked} overlap={overlap} />)
}

async function rotate(c: PageContext) {
  const form = await readForm(c)
  const overlapMs = readOverlapMs(form.get('overlap') ?? '')
  const rotation = { overlapMs, idempotency: onceFor(c, form, { asked: String(overlapMs) }) }
  try {
    const { answer } = await replaceSecret(c.get('world'), actorOf(c), idOf(c), rotation)
    return await answerEndpoint(c, answer.endpoint, { secret: answer.plaintext })
  } catch (error) {
    return answerConflict(c, error)
  }
}

type Question = (asked: { endpoint: Endpoint; token: string }) => Child

async function ask(c: PageContext, title: string, Asked: Question) {
  const endpoint = await endpointOf(c)
  const token = tokenOf(await fieldsOf(c))
  return answerPage(c, { title, section: 'Endpoints' }, Asked({ endpoint, token }))
}

/** Dismissed where it was read: the page that it stood on comes again. */
async function dismiss(c: PageContext) {
  const { disabled_at: disabledAt } = await c.req.parseBody()
  await dismissAlert(c.get('world'), actorOf(c), idOf(c), Number(disabledAt))
  return c.redirect(findReferer(c) ?? `${ENDPOINTS}/${idOf(c)}`, 303)
}

/** The page of ours that the form stood on, if the browser tells and it can be asked for. */
function findReferer(c: PageContext): string | undefined {
  const referer = URL.parse(c.req.header('Referer') ?? '')
  const isOurs = referer?.origin === new URL(c.req.url).origin && referer.pathname.startsWith(BASE)
  return isOurs ? referer.pathname + referer.search : undefined
}
