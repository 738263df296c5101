// Listens to an endpoint as a client does: reads its stream, event by event, and tells what came of each webhook.
import type { Answered, Json, World } from '../world.ts'

/** A webhook as the stream has it. */
export type HeardWebhook = {
  delivery_id: string
  attempt: number
  token: string
  headers: Record<string, string>
  body: string
}

/** An event of a stream. */
type HeardEvent = { event: string; data: Json }

/** A stream that is read as far as a test wants; a look takes no time. */
export class Ear {
  readonly world: World
  readonly endpointId: string
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #text = ''

  private constructor(world: World, endpointId: string, body: ReadableStream<Uint8Array>) {
    this.world = world
    this.endpointId = endpointId
    this.#reader = body.getReader()
  }

  static async open(world: World, endpointId: string, key = world.key): Promise<Ear> {
    world.sleep = async () => {}
    const headers = { Authorization: `Bearer ${key}` }
    const answer = await world.fetch(`/v1/webhook_endpoints/${endpointId}/stream`, { headers })
    if (!answer.body || answer.status !== 200)
      throw new Error(`no stream: ${answer.status} ${JSON.stringify(world.logs.at(-1))}`)
    return new Ear(world, endpointId, answer.body)
  }

  /** The next event; undefined once the stream has ended. */
  async next(): Promise<HeardEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        const fields = new Map(block.split('\n').map((line) => toField(line)))
        const event = fields.get('event')
        if (event !== undefined) return { event, data: JSON.parse(fields.get('data') ?? '') }
      } else {
        const { done, value } = await this.#reader.read()
        if (done) return undefined
        this.#text += new TextDecoder().decode(value)
      }
    }
  }

  /** The next webhook. @throws when the stream says something else. */
  async webhook(): Promise<HeardWebhook> {
    const heard = await this.next()
    if (heard?.event !== 'webhook') throw new Error(`no webhook, but ${JSON.stringify(heard)}`)
    return heard.data
  }

  /** Tells what the receiver answered. */
  answer({ token }: { token: string }, told: Json = { status: 200 }): Promise<Answered> {
    const body = { token, duration_ms: 12, ...told }
    return this.world.call('POST', `/v1/webhook_endpoints/${this.endpointId}/answers`, body)
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
  }
}

function toField(line: string): [string, string] {
  const [name = '', ...rest] = line.split(': ')
  return [name, rest.join(': ')]
}

/** Makes an endpoint to listen to. */
export async function makeListened(world: World, body: Json = {}, options = {}): Promise<Json> {
  const asked = { kind: 'listen', ...body }
  const made = await world.call('POST', '/v1/webhook_endpoints', asked, options)
  return made.body
}

/** What a listener may answer: a test of its own. */
export async function hear(world: World, endpointId: string, key = world.key): Promise<Json> {
  await world.call('POST', `/v1/webhook_endpoints/${endpointId}/test`, undefined, { key })
  await world.drain()
  const { token } = await (await Ear.open(world, endpointId, key)).webhook()
  return { token, status: 200, duration_ms: 1 }
}

/** What an answer says; of a stream, which goes on for minutes, what it says at once to whoever then leaves. */
export async function readAnswer(response: Response): Promise<string> {
  if (response.headers.get('Content-Type') !== 'text/event-stream') return response.text()
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}
