// /v1/webhook_replays/{id}/…: paused, resumed, canceled, given another pace.
import { createRoute } from '@hono/zod-openapi'
import {
  cancelReplay,
  changeReplayRate,
  pauseReplay,
  resumeReplay,
} from '../delivery/replay/control.ts'
import type { ErrorCode } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody, requireBody } from './http/body.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { idParams, ReplayId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { IdempotencyHeader, json, problems, requiredJson } from './http/schema.ts'
import { presentReplay, RateBody, ReplaySchema } from './replay-shape.ts'

const path = '/v1/webhook_replays/{id}'

const OneReplay = idParams(ReplayId, 'replay')

type Words = { summary: string; description: string }

function controlRoute<Verb extends string>(verb: Verb, words: Words, ...codes: ErrorCode[]) {
  return createRoute({
    method: 'post',
    path: `${path}/${verb}` as const,
    operationId: `${verb}Replay`,
    ...words,
    middleware: [noBody()],
    request: { params: OneReplay, headers: IdempotencyHeader },
    responses: { 200: json('The replay', ReplaySchema), ...problems(...codes) },
  })
}

const PAUSE = {
  summary: 'Stop a replay until it is resumed',
  description: 'It acts within seconds; what was sent by then is sent.',
}
const RESUME = {
  summary: 'Let a paused replay go on',
  description: 'From where it was; endpoints that it held are tried again.',
}
const CANCEL = {
  summary: 'End a replay for good',
  description: 'It acts within seconds; what was sent by then is sent, the rest stays as it is.',
}

const CONTROLS = [
  [controlRoute('pause', PAUSE, 'replay_not_running'), pauseReplay],
  [controlRoute('resume', RESUME, 'replay_not_paused', 'too_many_replays'), resumeReplay],
  [controlRoute('cancel', CANCEL, 'replay_is_over'), cancelReplay],
] as const

const rateRoute = createRoute({
  method: 'patch',
  path,
  operationId: 'updateReplay',
  summary: 'Change the pace of a replay that runs or is paused',
  description: 'The new pace holds within seconds.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { params: OneReplay, body: requiredJson(RateBody) },
  responses: { 200: json('The replay', ReplaySchema), ...problems('replay_is_over') },
})

/** The routes that act on a replay. */
export function controlRoutes(): Router {
  const app = createRouter()
  for (const [route, control] of CONTROLS) {
    app.openapi(route, async (c) => {
      const { id } = c.req.valid('param')
      const idempotency = await readIdempotency(c)
      const once = await control(c.get('world'), actorOf(c), id, { idempotency })
      return c.json(presentReplay(answerOnce(c, once)), 200)
    })
  }
  app.openapi(rateRoute, async (c) => {
    const { id } = c.req.valid('param')
    const { rate_per_second: rate } = c.req.valid('json')
    return c.json(presentReplay(await changeReplayRate(c.get('world'), actorOf(c), id, rate)), 200)
  })
  return app
}
