// The pages of events: one, found by any id of it, and those of a call.
import { Hono } from 'hono'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { eventIdOf } from '../../db/ids.ts'
import { listEvents } from '../../db/views/events.ts'
import { inspectEvent } from '../../db/views/inspect-event.ts'
import { forget } from '../../delivery/forget.ts'
import { notFound } from '../../errors.ts'
import {
  actorOf,
  dataOf,
  EVENTS,
  idOf,
  readId,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { tokenOf } from '../once.ts'
import { fieldsOf } from '../sent-form.ts'
import { Copyable } from '../ui/copy.tsx'
import { hasSeen } from '../ui/current.tsx'
import { answerPage } from '../ui/layout.tsx'
import { PageHead } from '../ui/parts.tsx'
import { AskToForget } from './forget-question.tsx'
import { EventList } from './list.tsx'
import { EventPage, seenOfEvent } from './page.tsx'

/** Events on a page. */
const LISTED = 50

/** The routes below /dashboard/events. */
export function eventPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/:id', (c) => answerEvent(c))
  app.get('/:id/forget', (c) => askToForget(c))
  app.post('/:id/forget', async (c) => {
    const id = eventIdOf(idOf(c))
    await forget(c.get('world'), actorOf(c), id)
    return c.redirect(`${EVENTS}/${id}`, 303)
  })
  return app
}

/** A delivery's id leads to its event. */
async function answerEvent(c: PageContext) {
  const { orgId } = c.get('session')
  const [event, endpoints] = await Promise.all([
    inspectEvent(dataOf(c), orgId, eventIdOf(idOf(c))),
    listEndpoints(dataOf(c), orgId),
  ])
  if (!event) throw notFound('event')
  if (event.id !== idOf(c)) return c.redirect(`${EVENTS}/${event.id}`, 303)
  const known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
  const shown = { event, known }
  if (hasSeen(c, seenOfEvent(shown))) return c.body(null, 204)
  return answerPage(
    c,
    { title: `Event ${event.type}`, section: 'Deliveries' },
    <EventPage {...shown} />,
  )
}

/** What has no payload any more says so on its page. */
async function askToForget(c: PageContext) {
  const { orgId } = c.get('session')
  const event = await inspectEvent(dataOf(c), orgId, eventIdOf(idOf(c)))
  if (!event) throw notFound('event')
  if (event.payloadDeletedAt !== null) return c.redirect(`${EVENTS}/${event.id}`, 303)
  const token = tokenOf(await fieldsOf(c))
  const title = 'Delete a payload'
  return answerPage(
    c,
    { title, section: 'Deliveries' },
    <AskToForget event={event} token={token} />,
  )
}

async function answerList(c: PageContext) {
  const callId = readId(c.req.query('call'))
  const kind = c.req.query('kind')
  const page = { startingAfter: readId(c.req.query('after')), limit: LISTED }
  const found = await listEvents(
    dataOf(c),
    c.get('session').orgId,
    { callId: kind ?? callId },
    page,
  )
  const params = new URLSearchParams({
    ...(callId !== undefined && { call: callId }),
    ...(kind !== undefined && { kind }),
    ...(found.next !== undefined && { after: found.next }),
  })
  return answerPage(
    c,
    { title: 'Events', section: 'Deliveries' },
    <>
      <PageHead title={titleOf(kind, callId)}>
        {callId === undefined ? null : (
          <Copyable what="call id" text={callId}>
            <code class="breakable">{callId}</code>
          </Copyable>
        )}
      </PageHead>
      <EventList
        events={found.rows}
        next={found.next === undefined ? undefined : `${EVENTS}?${params.toString()}`}
      />
    </>,
  )
}

function titleOf(kind: string | undefined, callId: string | undefined): string {
  if (kind !== undefined) return 'Events about the service'
  return callId === undefined ? 'Events' : 'Events of a call'
}
