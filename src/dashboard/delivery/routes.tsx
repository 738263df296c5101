// The page of one delivery, its body as a file, and its redelivery.
import { Hono } from 'hono'
import { inspectDelivery, type Inspection } from '../../db/views/inspect.ts'
import { LISTEN_URL } from '../../db/words.ts'
import { findUnbound } from '../../delivery/attempt/certificate.ts'
import { maxAttempts } from '../../delivery/attempt/decide.ts'
import { readLog, type NumberedEntry } from '../../delivery/attempt/log.ts'
import { redeliver } from '../../delivery/redeliver.ts'
import { AppError, notFound } from '../../errors.ts'
import { composeBody } from '../../webhook/request.ts'
import {
  actorOf,
  dataOf,
  DELIVERIES,
  idOf,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readRecipient } from '../fields.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { onceFor, tokenOf } from '../once.ts'
import { tellRefusal } from '../refusal.ts'
import { hasSeen } from '../ui/current.tsx'
import { answerPage } from '../ui/layout.tsx'
import { BodyView, NoBody } from './body-view.tsx'
import { Compare } from './compare.tsx'
import { writeCurl } from './curl.ts'
import { DeliveryState, seenOfDelivery } from './page.tsx'
import { AskToRedeliver } from './redeliver-form.tsx'
import { SignatureView } from './signature-view.tsx'
import { workOutSignature } from './signature.ts'

/** The routes of one delivery. */
export function deliveryPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id', async (c) => {
    const inspection = await inspect(c)
    if (hasSeen(c, seenOfDelivery(inspection))) return c.body(null, 204)
    return answerDelivery(c, inspection)
  })
  app.get('/:id/body', async (c) => {
    const inspection = await inspect(c)
    if (isForgotten(inspection)) throw new AppError('payload_deleted')
    const name = `${inspection.delivery.id}.json`
    return c.body(bodyOf(inspection) ?? '', 200, {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="${name}"`,
    })
  })
  app.get('/:id/redeliver', (c) => askToRedeliver(c))
  app.post('/:id/redeliver', (c) => sendAgain(c))
  return app
}

async function askToRedeliver(c: PageContext) {
  const inspection = await inspect(c)
  const fields = await fieldsOf(c)
  const asked = { inspection, to: fields.get('to') ?? '', token: tokenOf(fields) }
  return answerPage(c, { title: 'Redeliver', section: 'Deliveries' }, <AskToRedeliver {...asked} />)
}

/** One form sends one delivery to one place once, however often it is sent. */
async function sendAgain(c: PageContext) {
  const form = await readForm(c)
  const to = readRecipient(form.get('to') ?? '')
  const idempotency = onceFor(c, form, { act: `${idOf(c)}-${to ?? ''}` })
  try {
    const { answer } = await redeliver(c.get('world'), actorOf(c), idOf(c), { to, idempotency })
    return c.redirect(`${DELIVERIES}/${answer.id}`, 303)
  } catch (error) {
    if (!(error instanceof AppError) || !isRefusal(error)) throw error
    return answerDelivery(c, await inspect(c), tellRefusal(error))
  }
}

/** What a person is told on the page, where he can do something about it. */
function isRefusal({ status }: AppError): boolean {
  return status === 409 || status === 429
}

async function inspect(c: PageContext): Promise<Inspection> {
  const { now } = c.get('world')
  const inspection = await inspectDelivery(dataOf(c), c.get('session').orgId, idOf(c), now())
  if (!inspection) throw notFound('delivery')
  return inspection
}

async function answerDelivery(c: PageContext, inspection: Inspection, error?: string) {
  const world = c.get('world')
  const log = readLog(inspection.delivery)
  const now = world.now()
  const { eventType } = inspection.delivery
  return answerPage(
    c,
    { title: eventType, section: 'Deliveries', status: error === undefined ? 200 : 409 },
    <>
      <DeliveryState
        inspection={inspection}
        log={log}
        maxAttempts={maxAttempts(world.config)}
        now={now}
        unbound={findUnboundOf(c, inspection)}
        error={error}
      />
      {log.length > 1 ? <Compare log={log} {...comparedIn(c, log)} /> : null}
      {await explainBody(c, inspection, log)}
    </>,
  )
}

function findUnboundOf(c: PageContext, { delivery: { url }, endpoint }: Inspection) {
  const { clientCertificate: name = null, url: endpointUrl = null } = endpoint ?? {}
  const certificate = name === null || endpointUrl === null ? null : { name, endpointUrl }
  return findUnbound(c.get('world').certificates, { url, certificate })
}

async function explainBody(c: PageContext, inspection: Inspection, log: NumberedEntry[]) {
  const { payloadDeletedAt } = inspection.delivery
  if (payloadDeletedAt !== null) return <NoBody deletedAt={payloadDeletedAt} />
  const body = bodyOf(inspection)
  if (body === undefined) return null
  const world = c.get('world')
  const { id, url } = inspection.delivery
  const worked = await workOutSignature(world, inspection, body, log.at(-1))
  const isSent = worked !== undefined && url !== LISTEN_URL
  return (
    <>
      <BodyView
        id={id}
        body={body}
        curl={isSent ? writeCurl(url, worked.fresh.headers, body) : undefined}
      />
      {worked ? <SignatureView {...worked} prefix={world.config.headerPrefix} /> : null}
    </>
  )
}

function isForgotten({ delivery }: Inspection): boolean {
  return delivery.payloadDeletedAt !== null
}

function bodyOf({ delivery: { id, eventType, callId }, event }: Inspection): string | undefined {
  return event && composeBody({ ...event, id, type: eventType, callId })
}

/** The two attempts to compare: as asked, or else the last two. */
function comparedIn(c: PageContext, log: NumberedEntry[]): { a: number; b: number } {
  const pick = (name: string, usual: number) => {
    const number = Number(c.req.query(name))
    return Number.isInteger(number) && number >= 1 && number <= log.length ? number : usual
  }
  return { a: pick('a', log.length - 1), b: pick('b', log.length) }
}
