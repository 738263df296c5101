// What comes and changes in a list of deliveries, look by look.
import type { Delivery, Of } from './shapes.ts'

/** It sees what becomes of so many of the newest, and knows so many at most. */
const LENGTH = '100'
const MOST_KNOWN = 10_000

/** Every id is newer. */
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

type Row = Of<typeof Delivery>

type Page = {
  data: Row[]
  next_starting_after?: string | null | undefined
  next_ending_before?: string | null | undefined
}

/** Asks for a page of the list that is looked at. */
export type AskPage = (query: Record<string, string>) => Promise<Page>

/** A list of deliveries, newest first, and what is known of it; ids sort by time. */
export class Tail {
  /** From this id on what is not known is news; others move up when some leave a list by status. */
  #oldest: string
  /** Up to this id nothing is missing. */
  #newest: string
  #states: Map<string, string>

  private constructor({ data, next_starting_after: next }: Page) {
    this.#oldest = next ?? ''
    this.#newest = data[0]?.id ?? next ?? BEFORE_ALL
    this.#states = new Map(data.map((row) => [row.id, stateOf(row)]))
  }

  /** Begins with what is there, which is no news. */
  static async begin(ask: AskPage): Promise<Tail> {
    return new Tail(await ask({ limit: LENGTH }))
  }

  /** What has come or changed since the look before, the oldest first; however much it is, none is passed over. */
  async *look(ask: AskPage): AsyncGenerator<Row> {
    const { data, next_starting_after: next } = await ask({ limit: LENGTH })
    const isGap = next && next > this.#newest
    yield* isGap ? this.#catchUp(ask, next) : this.#learn(data)
  }

  /** Page by page from what is known on, to where the list ends; nothing is missing up to `until` then. */
  async *#catchUp(ask: AskPage, until: string): AsyncGenerator<Row> {
    for (let cursor = this.#newest; ;) {
      const page = await ask({ limit: LENGTH, ending_before: cursor })
      yield* this.#learn(page.data)
      const further = page.next_ending_before
      this.#reach(further ?? until)
      if (!further || further <= cursor) return
      cursor = further
    }
  }

  *#learn(rows: Row[]): Generator<Row> {
    for (const row of rows.toReversed()) {
      this.#reach(row.id)
      if (row.id < this.#oldest || this.#states.get(row.id) === stateOf(row)) continue
      this.#states.set(row.id, stateOf(row))
      yield row
    }
    if (this.#states.size > MOST_KNOWN) this.#forget()
  }

  #reach(id: string): void {
    if (id > this.#newest) this.#newest = id
  }

  /** The older half, which is no news any more when it is seen again. */
  #forget(): void {
    const newer = [...this.#states].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(-MOST_KNOWN / 2)
    this.#oldest = newer[0]?.[0] ?? this.#oldest
    this.#states = new Map(newer)
  }
}

/** What of a delivery is news when it changes. */
function stateOf(row: Row): string {
  return [row.status, row.attempt_count, row.manual_retry_count, row.last_response_status].join(' ')
}
