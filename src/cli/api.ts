// Asking the service.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Account } from './account.ts'
import { CommandError } from './exit.ts'
import { moved, refusal, stranger, toJson } from './problem.ts'

/** No request takes longer, in ms. */
const LONGEST_MS = 30_000

const Page = z.looseObject({
  has_more: z.boolean().optional(),
  next_starting_after: z.string().nullish(),
  next_ending_before: z.string().nullish(),
})

/** What is asked with a request; `text` is a body that is JSON already. */
export type Asked = { query?: Record<string, string | undefined>; body?: unknown; text?: string }

/** The service, for one org. */
export class Api {
  readonly #account: Account

  constructor(account: Account) {
    this.#account = account
  }

  /** Where it is. */
  get url(): string {
    return this.#account.url
  }

  /**
   * Asks, and reads the answer; once more when it was lost. A POST has an Idempotency-Key, so that it acts once; a
   * PATCH says how something is to be, and is the same twice.
   * @throws CommandError with what the service says, by its kind.
   */
  async ask<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    asked: Asked = {},
  ): Promise<z.infer<Schema>> {
    const { response, text, isRepeated } = await this.#reach(method, path, asked)
    if (response.status >= 300 && response.status < 400) throw moved(response, this.url)
    // What the first request has deleted is gone when it is asked for again.
    const isGone = method === 'DELETE' && isRepeated && response.status === 404
    if (!response.ok && !isGone) throw refusal(response, text, this.url)
    const answer = schema.safeParse(isGone || text === '' ? undefined : toJson(text))
    if (answer.success) return answer.data
    throw stranger(this.url)
  }

  /** A page of a list of what the schema reads. */
  list<Schema extends z.ZodType>(schema: Schema, path: string, query: Asked['query'] = {}) {
    return this.ask(Page.extend({ data: z.array(schema) }), 'GET', path, { query })
  }

  /** A stream of events. @throws CommandError as `ask` does. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const url = new URL(path, this.#account.url)
    const headers = { Authorization: `Bearer ${this.#account.key}`, Accept: 'text/event-stream' }
    const init = { headers, signal, redirect: 'manual' } as const
    const response = await fetch(url, init).catch((error: unknown) => {
      throw unreachable(url, error)
    })
    if (response.status >= 300 && response.status < 400) throw moved(response, this.url)
    if (response.ok && response.body) return response.body
    throw refusal(response, await response.text(), this.url)
  }

  async #reach(method: string, path: string, { query = {}, body, text }: Asked) {
    const url = new URL(path, this.#account.url)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    const headers = new Headers({ Authorization: `Bearer ${this.#account.key}` })
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body))
    if (sent !== undefined) headers.set('Content-Type', 'application/json')
    if (method === 'POST') headers.set('Idempotency-Key', randomUUID())
    const init = { method, headers, ...(sent !== undefined && { body: sent }) }
    // Whatever the first one did, the second does not do it again.
    return send(url, init)
      .then((answer) => ({ ...answer, isRepeated: false }))
      .catch(async () => ({ ...(await send(url, init)), isRepeated: true }))
      .catch((error: unknown) => {
        throw unreachable(url, error)
      })
  }
}

function unreachable({ origin }: URL, error: unknown): CommandError {
  const why = `${origin} cannot be reached: ${reasonOf(error)}.`
  return new CommandError('unavailable', `${why} Does it run, and is that its address?`)
}

async function send(url: URL, init: RequestInit): Promise<{ response: Response; text: string }> {
  const signal = AbortSignal.timeout(LONGEST_MS)
  const response = await fetch(url, { ...init, signal, redirect: 'manual' })
  return { response, text: await response.text() }
}

/** What is at the bottom of it: of several addresses that were tried the first, and of a name its code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const below: unknown = error instanceof AggregateError ? error.errors[0] : error.cause
  if (below instanceof Error) return reasonOf(below)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
