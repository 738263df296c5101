// /v1/webhook_endpoints/{id}/stream and /answers: an endpoint is listened to, and what came of each webhook told.
import { createRoute, z } from '@hono/zod-openapi'
import { findEndpoint } from '../db/account/endpoints.ts'
import { LISTEN_URL } from '../db/words.ts'
import type { Told } from '../delivery/attempt/offer.ts'
import { answerOffer, listen, type Heard } from '../delivery/listen.ts'
import { KEPT_BODY_BYTES } from '../delivery/send/answer.ts'
import { TELLABLE_FAILURES } from '../delivery/send/outcome.ts'
import { explainFault, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { jsonBody, MAX_BODY_BYTES, requireBody } from './http/body.ts'
import { dataOf } from './http/context.ts'
import { endpointIdOf, OneEndpoint } from './http/endpoint-ref.ts'
import { createRouter, type Router } from './http/router.ts'
import { problems, requiredJson, WITHOUT_NUL } from './http/schema.ts'

/** A stream that has nothing to say says that it is still there, once in so many ms. */
const STILL_HERE_MS = 10_000

const STREAM_EXAMPLE = `: listening

event: webhook
id: 019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001
data: {"delivery_id":"019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001","attempt":1,"token":"k1.…","headers":{"Content-Type":"application/json"},"body":"{…}"}

event: end
data: {"reason":"lifetime"}

`

const streamRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_endpoints/{id}/stream',
  operationId: 'listenToEndpoint',
  summary: 'Listen to an endpoint',
  description: `Server-sent events, for an endpoint of the kind \`listen\`. Each \`webhook\` is one attempt at a delivery: \`headers\` and \`body\`
as a receiver would get them, to be answered with its \`token\` within half a minute, or it comes again. Ten at most are
without an answer at a time. \`end\` is the last event: \`lifetime\`, after some four minutes, listen again; \`replaced\`,
somebody else listens now, one at a time does; \`gone\`, the endpoint was deleted. A line that begins with a colon says
that the stream is still there. What nobody listens to waits.`,
  request: { params: OneEndpoint },
  responses: {
    200: {
      description: 'What comes, as it comes',
      content: { 'text/event-stream': { schema: z.string().openapi({ example: STREAM_EXAMPLE }) } },
    },
    ...problems(),
  },
})

/** Of one attempt, however slow: two minutes are more than any receiver is given. */
const MAX_TOLD_MS = 120_000

/** Characters of a token, of a header that is told, and of a sentence, at most. */
const MAX_TOLD = { token: 8192, header: 4096, sentence: 1000 }

const TOKEN_HINT = 'must be the token of a webhook that this endpoint’s stream has sent'
const STATUS_HINT = 'must be an HTTP status from 200 to 599'
const DURATION_HINT = `must be a whole number of milliseconds from 0 to ${MAX_TOLD_MS}`
const HEADERS_HINT = `must be headers by their names: texts of Latin-1 on one line, of at most ${MAX_TOLD.header} characters`
const BODY_HINT = `must be text of at most ${KEPT_BODY_BYTES} characters: the beginning is enough`
const SENTENCE_HINT = `must be a sentence of at most ${MAX_TOLD.sentence} characters`

const Headers = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, HEADERS_HINT),
  z
    .string(HEADERS_HINT)
    .max(MAX_TOLD.header, HEADERS_HINT)
    .regex(/^[\t\x20-\x7e\x80-\xff]*$/, HEADERS_HINT),
  HEADERS_HINT,
)

const Failure = z
  .strictObject({
    kind: z.enum(TELLABLE_FAILURES, `must be one of ${TELLABLE_FAILURES.join(', ')}`),
    message: z
      .string(SENTENCE_HINT)
      .min(1, SENTENCE_HINT)
      .max(MAX_TOLD.sentence, SENTENCE_HINT)
      .regex(new RegExp(WITHOUT_NUL), SENTENCE_HINT)
      .openapi({ example: 'connect ECONNREFUSED 127.0.0.1:3000' }),
  })
  .openapi('ToldFailure', { description: 'Why there was no answer.' })

const EXAMPLE = {
  token: 'k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA',
  status: 500,
  headers: { 'content-type': 'text/plain' },
  body: 'no such order',
  duration_ms: 42,
}

const AnswerBody = z
  .strictObject({
    token: z
      .string(TOKEN_HINT)
      .min(1, TOKEN_HINT)
      .max(MAX_TOLD.token, TOKEN_HINT)
      .openapi({ description: 'The webhook’s, as the stream had it.' }),
    status: z.int(STATUS_HINT).min(200, STATUS_HINT).max(599, STATUS_HINT).optional(),
    headers: Headers.optional().openapi({
      description: 'Of the answer; the beginning of them is kept.',
    }),
    body: z
      .string(BODY_HINT)
      .max(KEPT_BODY_BYTES, BODY_HINT)
      .optional()
      .openapi({
        description: `The answer’s, or its beginning: ${KEPT_BODY_BYTES} bytes are kept.`,
      }),
    error: Failure.optional(),
    duration_ms: z.int(DURATION_HINT).min(0, DURATION_HINT).max(MAX_TOLD_MS, DURATION_HINT),
  })
  .superRefine(({ status, error, headers, body }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((status === undefined) === (error === undefined))
      refuse('status', 'is what came, or else error is why nothing did: one of the two')
    if (error && (headers ?? body) !== undefined)
      refuse('error', 'does not go with headers or a body')
  })
  .openapi('ToldAnswer', {
    description:
      'The status, headers and body that came; or the error why nothing did, and neither of these.',
    example: EXAMPLE,
  })

const answerRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/answers',
  operationId: 'answerWebhook',
  summary: 'Tell what came of a webhook',
  description:
    'What the receiver answered to a webhook of the stream, or why it did not: it is recorded as what comes of any attempt, and decides what happens next. ' +
    'Told again it is recorded once; told too late it stands in the attempt log as superseded.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { params: OneEndpoint, body: requiredJson(AnswerBody) },
  responses: { 204: { description: 'It is recorded.' }, ...problems('unavailable') },
})

/** The routes of endpoints that are listened to. */
export function listenRoutes(): Router {
  const app = createRouter()
  app.openapi(streamRoute, async (c) => {
    const to = { orgId: c.get('orgId'), endpointId: await endpointIdOf(c, c.req.valid('param')) }
    const heard = await listen(c.get('world'), to)
    const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }
    return c.body(toEventStream(heard, c.get('world')), 200, headers)
  })
  app.openapi(answerRoute, async (c) => {
    const endpointId = await endpointIdOf(c, c.req.valid('param'))
    const orgId = c.get('orgId')
    const { token, ...body } = c.req.valid('json')
    const endpoint = await findEndpoint(dataOf(c), orgId, endpointId)
    if (endpoint?.url !== LISTEN_URL) throw notFound('endpoint')
    await answerOffer(c.get('world'), { orgId, endpointId }, token, toTold(body))
    return c.body(null, 204)
  })
  return app
}

function toTold(told: Omit<z.infer<typeof AnswerBody>, 'token'>): Told {
  const { status = 0, headers = {}, body = '', error, duration_ms: durationMs } = told
  return error ? { durationMs, error } : { durationMs, status, headers, body }
}

/**
 * What is heard, as it is asked for: nobody looks for anything while nobody reads. A look that finds nothing says so
 * only now and then, which is how it is found out that nobody is there any more. After a fault of ours it ends, too.
 */
function toEventStream(heard: AsyncGenerator<Heard>, { now, log }: World): ReadableStream {
  const texts = writeAll(heard, now)
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await texts.next().catch((error: unknown) => {
          log({ event: 'stream_failed', error: explainFault(error) })
          return { done: true, value: undefined } as const
        })
        if (done) return controller.close()
        controller.enqueue(encoder.encode(value))
      },
      cancel: async () => void (await texts.return(undefined)),
    },
    { highWaterMark: 0 },
  )
}

async function* writeAll(heard: AsyncGenerator<Heard>, now: () => number): AsyncGenerator<string> {
  yield ': listening\n\n'
  let toldAt = now()
  for await (const one of heard) {
    const text = writeEvents(one) || (now() - toldAt >= STILL_HERE_MS ? ':\n\n' : '')
    if (text === '') continue
    toldAt = now()
    yield text
  }
}

function writeEvents(heard: Heard): string {
  if ('end' in heard) return `event: end\ndata: ${JSON.stringify({ reason: heard.end })}\n\n`
  return heard.offers
    .map(({ deliveryId, attempt, token, headers, body }) => {
      const data = { delivery_id: deliveryId, attempt, token, headers, body }
      return `event: webhook\nid: ${deliveryId}\ndata: ${JSON.stringify(data)}\n\n`
    })
    .join('')
}
