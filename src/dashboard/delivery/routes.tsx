// The page of one delivery, its body as a file, and its redelivery.
import { Hono } from 'hono'
import { inspectDelivery, type Inspection } from '../../db/views/inspect.ts'
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
import { answerPage } from '../ui/layout.tsx'
import { BodyView } from './body-view.tsx'
import { Compare } from './compare.tsx'
import { writeCurl } from './curl.ts'
import { DeliveryState } from './page.tsx'
import { SignatureView } from './signature-view.tsx'
import { workOutSignature } from './signature.ts'

/** The routes of one delivery. */
export function deliveryPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id', async (c) => {
    const inspection = await inspect(c)
    // The open page polls with the version it shows: nothing new, nothing to send.
    if (c.req.query('seen') === String(inspection.delivery.version)) return c.body(null, 204)
    return answerDelivery(c, inspection)
  })
  app.get('/:id/body', async (c) => {
    const inspection = await inspect(c)
    const name = `${inspection.delivery.id}.json`
    return c.body(bodyOf(inspection) ?? '', 200, {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="${name}"`,
    })
  })
  app.post('/:id/redeliver', async (c) => {
    try {
      const { answer } = await redeliver(c.get('world'), actorOf(c), idOf(c))
      return c.redirect(`${DELIVERIES}/${answer.id}`, 303)
    } catch (error) {
      if (!(error instanceof AppError) || !isRefusal(error)) throw error
      return answerDelivery(c, await inspect(c), error.message)
    }
  })
  return app
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
        error={error}
      />
      {log.length > 1 ? <Compare log={log} {...comparedIn(c, log)} /> : null}
      {await explainBody(c, inspection, log)}
    </>,
  )
}

async function explainBody(c: PageContext, inspection: Inspection, log: NumberedEntry[]) {
  const body = bodyOf(inspection)
  if (body === undefined) return null
  const world = c.get('world')
  const { id, url } = inspection.delivery
  const worked = await workOutSignature(world, inspection, body, log.at(-1))
  return (
    <>
      <BodyView id={id} body={body} curl={worked && writeCurl(url, worked.fresh.headers, body)} />
      {worked ? <SignatureView {...worked} prefix={world.config.headerPrefix} /> : null}
    </>
  )
}

function bodyOf({ delivery: { id, eventType }, event }: Inspection): string | undefined {
  return event && composeBody({ ...event, id, type: eventType })
}

/** The two attempts to compare: as asked, or else the last two. */
function comparedIn(c: PageContext, log: NumberedEntry[]): { a: number; b: number } {
  const pick = (name: string, usual: number) => {
    const number = Number(c.req.query(name))
    return Number.isInteger(number) && number >= 1 && number <= log.length ? number : usual
  }
  return { a: pick('a', log.length - 1), b: pick('b', log.length) }
}
