// callingbox-webhooks listen: forwards what a temporary endpoint gets to a receiver on this machine.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Api } from './api.ts'
import { command } from './command.ts'
import { readEvents } from './event-stream.ts'
import { CommandError } from './exit.ts'
import { pairs, word, type Output } from './output.ts'
import { forward, type ToldOutcome } from './receiver.ts'
import { Endpoint, type Of } from './shapes.ts'
import { SOME_TEXT } from './values.ts'

const PATH = '/v1/webhook_endpoints'

/** A stream that says nothing for so long, in ms, is no more: it says that it is there each ten seconds. */
const SILENCE_MS = 30_000

/** Waits in ms before it is listened to again; the last one goes on. */
const WAITS_MS = [0, 1000, 2000, 5000, 10_000]

/** What came of a webhook is told so often at most: after that it is offered again. */
const MOST_TELLS = 4

const Made = Endpoint.extend({ signing_secret: z.string() })

const Webhook = z.looseObject({
  delivery_id: z.string(),
  attempt: z.number(),
  token: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
})

const End = z.looseObject({ reason: z.string() })

/** An endpoint that is listened to, and where what it gets goes. */
type Listening = { api: Api; out: Output; endpoint: Of<typeof Made>; to: URL; stop: AbortSignal }

/** Listens until somebody stops it. */
export const listen = command({
  name: 'listen',
  description: 'Forward webhooks to a receiver on this machine, until you stop it',
  args: {
    'forward-to': {
      type: 'string',
      takes: SOME_TEXT,
      description: 'Such as http://localhost:3000/hook',
      required: true,
    },
    events: {
      type: 'string',
      takes: SOME_TEXT,
      description: 'Event types with commas between them; all by itself',
    },
  },
  async run({ api: connect, out }, { 'forward-to': address, events }) {
    const to = readAddress(address)
    const api = await connect()
    const stop = stopOnSignals()
    const description = 'Listens on the command line'
    const body = { kind: 'listen', description, enabled_events: events?.split(',') }
    const endpoint = await api.ask(Made, 'POST', PATH, { body })
    const about = { endpoint_id: endpoint.id, signing_secret: endpoint.signing_secret }
    out.line({ event: 'listening', ...about, forward_to: to.href }, () =>
      [
        pairs([
          ['endpoint', endpoint.id],
          ['signing secret', endpoint.signing_secret],
          ['forwards to', to.href],
        ]),
        'Ctrl-C ends it, and removes the endpoint.',
      ].join('\n'),
    )
    try {
      await follow({ api, out, endpoint, to, stop })
    } finally {
      await remove(api, endpoint.id)
    }
    out.line({ event: 'removed', endpoint_id: endpoint.id }, () => 'The endpoint is removed.')
  },
})

/** @throws CommandError for what is no address. */
function readAddress(text: string): URL {
  const whole = /^\d+$/.test(text) ? `http://localhost:${text}` : text
  const isRight = URL.canParse(whole) && /^https?:$/.test(new URL(whole).protocol)
  if (isRight) return new URL(whole)
  throw new CommandError(
    'usage',
    `--forward-to: “${text}” is no address: give one such as http://localhost:3000/hook.`,
  )
}

/** The first signal ends it in order, the second at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort())
  }
  return stop.signal
}

/** Whatever ends it, what is under way is waited for: its answer is told before the endpoint goes. */
async function follow(listening: Listening): Promise<void> {
  const underWay = new Map<string, Promise<void>>()
  try {
    await listenOn(listening, underWay)
  } finally {
    await Promise.all(underWay.values())
  }
}

/** Listens again and again, until it is stopped. @throws CommandError when there is nothing to listen to. */
async function listenOn(listening: Listening, underWay: Map<string, Promise<void>>): Promise<void> {
  const { out, stop } = listening
  let failures = 0
  while (!stop.aborted) {
    try {
      const reason = await hear(listening, underWay, () => {
        failures = 0
      })
      if (reason === 'gone') throw new CommandError('notFound', 'The endpoint was deleted.')
      if (reason === 'replaced')
        throw new CommandError('refused', 'Somebody else listens to it now.')
    } catch (error) {
      if (stop.aborted) break
      if (error instanceof CommandError && !error.isPassing) throw error
      const why = error instanceof Error ? error.message : String(error)
      out.note(`The stream broke off: ${why}. Listening again.`)
    }
    const waitMs = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0
    failures += 1
    await sleep(waitMs, undefined, { signal: stop }).catch(() => {})
  }
}

/** One stream, to its end: answers why it has ended. */
async function hear(
  listening: Listening,
  underWay: Map<string, Promise<void>>,
  onceHeard: () => void,
): Promise<string> {
  const { api, endpoint, stop } = listening
  const body = await api.stream(`${PATH}/${endpoint.id}/stream`, stop)
  for await (const { event, data } of readEvents(body, SILENCE_MS)) {
    onceHeard()
    if (event === 'end') return End.parse(JSON.parse(data)).reason
    if (event !== 'webhook') continue
    const webhook = Webhook.parse(JSON.parse(data))
    // What is on its way to the receiver is offered again when the stream broke off: its answer will do.
    const name = `${webhook.delivery_id} ${webhook.attempt}`
    if (underWay.has(name)) continue
    const done = pass(listening, webhook).finally(() => underWay.delete(name))
    underWay.set(name, done)
  }
  return 'lifetime'
}

/** Never throws: a webhook that cannot be answered is offered again, or is over. */
async function pass(listening: Listening, webhook: Of<typeof Webhook>): Promise<void> {
  const { out, to } = listening
  const at = new Date()
  const told = await forward(to, webhook)
  const type = typeIn(webhook.headers)
  const { delivery_id: id, attempt } = webhook
  const line = { event: 'forwarded', at: at.toISOString(), type, delivery_id: id, attempt }
  const { status, error } = { status: null, error: null, ...told }
  out.line({ ...line, status, error, duration_ms: told.duration_ms }, () =>
    [at.toTimeString().slice(0, 8), type, id, `#${attempt}`, result(told)].join('  '),
  )
  await answer(listening, webhook.token, told).catch((failure: unknown) => {
    const why = failure instanceof Error ? failure.message : String(failure)
    out.note(`What came of ${id} could not be told: ${why}`)
  })
}

/** Whatever the service calls its headers. */
function typeIn(headers: Record<string, string>): string {
  return Object.entries(headers).find(([name]) => /-event-type$/i.test(name))?.[1] ?? ''
}

function result(told: ToldOutcome): string {
  const ms = `${told.duration_ms} ms`
  if ('error' in told) return `${word('failed')} ${told.error.message}  ${ms}`
  const isGood = told.status >= 200 && told.status <= 299
  return `${isGood ? word('delivered') : word('failed')} ${told.status}  ${ms}`
}

async function answer({ api, endpoint }: Listening, token: string, told: ToldOutcome) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await api.ask(z.undefined(), 'POST', `${PATH}/${endpoint.id}/answers`, {
        body: { token, ...told },
      })
    } catch (error) {
      const isOver = error instanceof CommandError && !error.isPassing
      if (isOver || tries === MOST_TELLS) throw error
      await sleep(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)])
    }
  }
}

/** What was deleted by somebody else is removed as well. */
async function remove(api: Api, id: string): Promise<void> {
  await api.ask(z.undefined(), 'DELETE', `${PATH}/${id}`).catch((error: unknown) => {
    if (!(error instanceof CommandError) || error.kind !== 'notFound') throw error
  })
}
