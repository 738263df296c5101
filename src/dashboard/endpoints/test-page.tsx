// A test event: its type chosen, its payload seen and changed, then sent.
import { Hono } from 'hono'
import { readTypedCall } from '../../account/call.ts'
import { AnyTypeName } from '../../account/schema.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { sendTest, typesOf, usualType, type EventType } from '../../delivery/test-event.ts'
import { AppError } from '../../errors.ts'
import { sampleCall } from '../../webhook/sample-calls.ts'
import { isOperationalType, sampleData } from '../../webhook/sample-data.ts'
import { DELIVERIES, ENDPOINTS, readId, type DashboardEnv, type PageContext } from '../context.ts'
import { tellRefusal } from '../refusal.ts'
import { Copyable } from '../ui/copy.tsx'
import { Lines, FieldProblem } from '../ui/forms.tsx'
import { answerPage } from '../ui/layout.tsx'
import { nameOf, Notice, writeUrl } from '../ui/parts.tsx'
import { endpointOf } from './endpoint-answer.tsx'

/** What the page shows: a payload as it was typed, and what is wrong with it. */
type ShownTest = {
  endpoint: Endpoint
  type: EventType
  payload: string
  token: string
  problem?: string | undefined
}

/** The routes of tests. */
export function testPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id/test', async (c) => {
    const endpoint = await endpointOf(c)
    const type = readType(endpoint, c.req.query('type'))
    // What was typed before the session had ended comes back in the address.
    const payload = c.req.query('payload') ?? writeSample(type, endpoint)
    return answerTest(c, { endpoint, type, payload, token: crypto.randomUUID() })
  })
  app.post('/:id/test', (c) => send(c))
  return app
}

function writeSample(type: EventType, { orgId }: Endpoint): string {
  const sample = isOperationalType(type)
    ? sampleData(type, orgId)
    : sampleCall(type, crypto.randomUUID())
  return JSON.stringify(sample, null, 2)
}

async function send(c: PageContext) {
  const form = await c.req.parseBody()
  const endpoint = await endpointOf(c)
  const type = readType(endpoint, form['type'])
  const payload = textOf(form['payload'])
  const token = readId(textOf(form['token'])) ?? crypto.randomUUID()
  const { orgId } = c.get('session')
  // Only compared with that of a repetition, so the request itself does for its hash.
  const idempotency = { scope: orgId, key: `dashboard-${token}`, requestHash: type + payload }
  try {
    const call = isOperationalType(type) ? undefined : readTypedCall(payload)
    const asked = { type, call, idempotency }
    const { answer } = await sendTest(c.get('world'), orgId, endpoint.id, asked)
    return c.redirect(`${DELIVERIES}/${answer.id}`, 303)
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error
    const shown = {
      endpoint,
      type,
      payload,
      token: crypto.randomUUID(),
      problem: tellRefusal(error),
    }
    return answerTest(c, shown, error.status === 409 ? 409 : 400)
  }
}

function answerTest(c: PageContext, shown: ShownTest, status: 200 | 400 | 409 = 200) {
  const page = { title: 'Test event', section: 'Endpoints', status } as const
  const prefix = c.get('world').config.headerPrefix
  return answerPage(c, page, <TestEvent {...shown} prefix={prefix} />)
}

/** What the page shows. */
export function TestEvent(shown: ShownTest & { prefix: string }) {
  const { endpoint } = shown
  return (
    <>
      <div class="page-head">
        <div class="clip-parent">
          <p class="crumb">
            <a href={`${ENDPOINTS}/${endpoint.id}`}>{nameOf(endpoint)}</a>
          </p>
          <h1>Test event</h1>
          <p class="muted breakable">
            <Copyable what="URL" text={writeUrl(endpoint.url)} />
          </p>
        </div>
      </div>
      {endpoint.status === 'enabled' ? (
        <section class="card">
          <TypeForm {...shown} />
          <PayloadForm {...shown} />
        </section>
      ) : (
        <Notice kind="bad">
          The endpoint is disabled, and gets no tests either.{' '}
          <a href={`${ENDPOINTS}/${endpoint.id}`}>Enable it on its page</a>, then send the test.
        </Notice>
      )}
    </>
  )
}

/** With scripts a choice takes effect at once. */
function TypeForm({ endpoint, type }: ShownTest) {
  return (
    <form
      method="get"
      action={`${ENDPOINTS}/${endpoint.id}/test`}
      class="stack pad"
      data-autosubmit
    >
      <label>
        Event type
        <select name="type">
          {typesOf(endpoint).map((one) => (
            <option value={one} selected={one === type}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button class="small no-js">Show its payload</button>
      <p class="muted small">Another type puts its own made-up call in the place of this one.</p>
    </form>
  )
}

function PayloadForm(shown: ShownTest & { prefix: string }) {
  const { endpoint, type, payload, token, problem, prefix } = shown
  const isFixed = isOperationalType(type)
  return (
    <form method="post" action={`${ENDPOINTS}/${endpoint.id}/test`} class="stack pad">
      <input type="hidden" name="type" value={type} />
      <input type="hidden" name="token" value={token} />
      <Lines
        label={isFixed ? 'Data, as JSON' : 'Call, as JSON'}
        name="payload"
        rows={18}
        text={payload}
        problem={problem}
        required
        readonly={isFixed}
      />
      <FieldProblem of="payload" text={problem} />
      <p class="muted small" id="payload-hint">
        It arrives as <code>{isFixed ? 'data' : 'data.call'}</code> of a <code>{type}</code> event,
        signed like any other, with the header <code>{prefix}-Test: true</code>. No other endpoint
        gets it.
      </p>
      <button class="primary">Send it</button>
    </form>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** One that the endpoint takes; the usual one for any other. */
function readType(endpoint: Endpoint, asked: unknown): EventType {
  const { data } = AnyTypeName.safeParse(asked)
  return data !== undefined && typesOf(endpoint).includes(data) ? data : usualType(endpoint)
}
