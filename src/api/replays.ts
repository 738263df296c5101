// /v1/webhook_replays: a range of deliveries sent again, at a pace.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ownHostOf } from '../account/own-hosts.ts'
import { listCopies } from '../db/replays/copy-views.ts'
import { findReplay, listReplays } from '../db/replays/views.ts'
import type { Replay } from '../db/replays/words.ts'
import { listSent } from '../db/views/sent.ts'
import { planReplay } from '../delivery/replay/dry-run.ts'
import { startReplay } from '../delivery/replay/start.ts'
import { checkTarget } from '../delivery/send/refusal.ts'
import { notFound } from '../errors.ts'
import { DeliverySchema, presentDelivery } from './delivery-shape.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, requireBody } from './http/body.ts'
import { dataOf, type ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { idParams, ReplayId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { requireScopeOfUrl } from './http/key-scopes.ts'
import {
  cutPageOf,
  IdempotencyHeader,
  json,
  pageOf,
  PageQuery,
  presentNext,
  problems,
  requiredJson,
  toPage,
} from './http/schema.ts'
import { controlRoutes } from './replay-controls.ts'
import { CopySchema, presentCopy } from './replay-copies.ts'
import { PlanSchema, presentPlan } from './replay-plan.ts'
import { presentReplay, ReplaySchema, StartBody, toRequest } from './replay-shape.ts'

const path = '/v1/webhook_replays'
const onePath = '/v1/webhook_replays/{id}'

const OneReplay = idParams(ReplayId, 'replay')

const ReplayPage = pageOf(ReplaySchema).openapi('ReplayPage')

const DeliveryPage = cutPageOf(DeliverySchema).openapi('DeliveryPage')

const CopyPage = cutPageOf(CopySchema).openapi('CopyPage')

const startRoute = createRoute({
  method: 'post',
  path,
  operationId: 'startReplay',
  summary: 'Send a range of deliveries again',
  description:
    'The set is fixed at the start: what was created, and last changed, before it. Each delivery of it is redelivered once, oldest first. ' +
    '`dry_run` answers the plan instead, and stores nothing.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody(), requireScopeOfUrl()],
  request: { headers: IdempotencyHeader, body: requiredJson(StartBody) },
  responses: {
    200: json(
      'The plan, when it is a dry run; or the replay, completed: nothing matches',
      z.union([PlanSchema, ReplaySchema]),
    ),
    201: json('The replay, running', ReplaySchema),
    ...problems('too_many_replays'),
  },
})

const listRoute = createRoute({
  method: 'get',
  path,
  operationId: 'listReplays',
  summary: 'List replays, newest first',
  description: 'Those that are over, too, as far back as retention goes.',
  request: { query: PageQuery },
  responses: { 200: json('A page', ReplayPage), ...problems() },
})

const getRoute = createRoute({
  method: 'get',
  path: onePath,
  operationId: 'getReplay',
  summary: 'A replay, and how far it is',
  description:
    'Its counts are as they are at this moment; `eta` is when it is through at its pace.',
  request: { params: OneReplay },
  responses: { 200: json('The replay', ReplaySchema), ...problems() },
})

const sentRoute = createRoute({
  method: 'get',
  path: `${onePath}/deliveries`,
  operationId: 'listReplayDeliveries',
  summary: 'List the deliveries that a replay has sent, or their copies, newest first',
  description:
    'As they are now. Of a replay to another URL it is the copies, and what came of each. A page reads a thousand rows at most, and may be short.',
  request: { params: OneReplay, query: PageQuery },
  responses: {
    200: json('A page', z.union([DeliveryPage, CopyPage])),
    ...problems(),
  },
})

/** The routes of replays. */
export function replayRoutes(): Router {
  const app = createRouter()
  app.openapi(startRoute, async (c) => {
    const body = c.req.valid('json')
    const request = toRequest(body)
    const host = ownHostOf(c.req.url)
    if (body.dry_run) {
      const { copiesTo: url } = request
      if (url !== null) await checkTarget(c.get('world'), url, host)
      return c.json(presentPlan(await planReplay(c.get('world'), c.get('orgId'), request)), 200)
    }
    const idempotency = await readIdempotency(c)
    const once = await startReplay(c.get('world'), actorOf(c), request, { host, idempotency })
    const replay = answerOnce(c, once)
    return c.json(presentReplay(replay), replay.status === 'completed' ? 200 : 201)
  })
  app.openapi(listRoute, async (c) => {
    const page = toPage(c.req.valid('query'))
    const { rows, hasMore } = await listReplays(dataOf(c), c.get('orgId'), page)
    return c.json({ data: rows.map(presentReplay), has_more: hasMore }, 200)
  })
  app.openapi(getRoute, async (c) => {
    return c.json(presentReplay(await getReplay(c, c.req.valid('param').id)), 200)
  })
  app.openapi(sentRoute, async (c) => {
    const replay = await getReplay(c, c.req.valid('param').id)
    const page = toPage(c.req.valid('query'))
    const { copiesTo: url } = replay
    if (url !== null) {
      const copies = await listCopies(dataOf(c), replay, page)
      const data = copies.rows.map((one) => presentCopy(one, url))
      return c.json({ data, ...presentNext(copies, page) }, 200)
    }
    const paged = await listSent(dataOf(c), replay, page)
    return c.json({ data: paged.rows.map(presentDelivery), ...presentNext(paged, page) }, 200)
  })
  app.route('/', controlRoutes())
  return app
}

async function getReplay(c: Context<ApiEnv>, id: string): Promise<Replay> {
  const replay = await findReplay(dataOf(c), c.get('orgId'), id)
  if (!replay) throw notFound('replay')
  return replay
}
