// A receiver under the test's control, in the place of the internet.

/** One request as the receiver saw it. */
export type Received = { url: string; headers: Headers; body: string; at: number }

/** What the receiver answers; throwing is a broken connection. */
export type Answer = (received: Received) => Response | Promise<Response>

/** Keeps every request and answers as told, 200 unless told otherwise. */
export class Receiver {
  readonly received: Received[] = []
  /** Fetches that show client certificates, by their names. */
  certificates = new Map<string, (url: string, init: RequestInit) => Promise<Response>>()
  answer: Answer = () => new Response('ok')
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { url, headers } = request
    const received = { url, headers, body: await request.text(), at: this.#now() }
    this.received.push(received)
    return this.answer(received)
  }

  /** Answers with this status until told otherwise. */
  respond(status: number, headers: Record<string, string> = {}): void {
    this.answer = () => new Response(null, { status, headers })
  }
}
