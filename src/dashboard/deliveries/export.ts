// What a list of deliveries shows, as a file: streamed page by page, and bounded.
import type { Database } from '../../db/client.ts'
import { isTest } from '../../db/ids.ts'
import { listDeliveries, type DeliveryFilter } from '../../db/views/deliveries.ts'
import type { PublicDelivery } from '../../db/words.ts'
import { AppError, explainFault } from '../../errors.ts'
import { toCallId } from '../../webhook/event-types.ts'
import { dataOf, type PageContext } from '../context.ts'

/** Rows of a file, at most. */
const MAX_ROWS = 10_000

/** Rows that are read at once. */
const PAGE = 250

/** Pages of a file, at most: Cloudflare's free plan lets an invocation call its database 50 times. */
const MAX_PAGES = 45

type FormatName = 'csv' | 'ndjson'

type Cell = string | number | boolean | null

/** The columns, named as the API names them; there is nothing in them that the list does not show. */
const COLUMNS: Record<string, (delivery: PublicDelivery) => Cell> = {
  id: ({ id }) => id,
  created_at: ({ createdAt }) => writeInstant(createdAt),
  status: ({ status }) => status,
  event_type: ({ eventType }) => eventType,
  call_id: ({ callId }) => toCallId(callId),
  endpoint_id: ({ endpointId }) => endpointId,
  url: ({ url }) => url,
  attempt_count: ({ attemptCount }) => attemptCount,
  manual_retry_count: ({ manualRetryCount }) => manualRetryCount,
  next_attempt_at: ({ nextAttemptAt }) => writeInstant(nextAttemptAt),
  last_response_status: ({ lastResponseStatus }) => lastResponseStatus,
  last_error: ({ lastError }) => lastError,
  last_error_at: ({ lastErrorAt }) => (lastErrorAt === null ? null : writeInstant(lastErrorAt)),
  delivered_at: ({ deliveredAt }) => (deliveredAt === null ? null : writeInstant(deliveredAt)),
  updated_at: ({ updatedAt }) => writeInstant(updatedAt),
  test: ({ id }) => isTest(id),
}

/** How a file of a format is written; `cut` is its last line, where there would be more. */
type Format = {
  type: string
  head: string
  line: (cells: Record<string, Cell>) => string
  cut: (sentence: string, olderThan: string) => string
}

/** The formats, by the end of the file's name. */
const FORMATS: Readonly<Record<FormatName, Format>> = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: writeCells(Object.keys(COLUMNS)),
    line: (cells) => writeCells(Object.values(cells)),
    cut: (sentence) => writeCells([sentence]),
  },
  ndjson: {
    type: 'application/x-ndjson',
    head: '',
    line: (cells) => `${JSON.stringify(cells)}\n`,
    cut: (sentence, olderThan) =>
      `${JSON.stringify({ cut: true, message: sentence, older_than: olderThan })}\n`,
  },
}

/** The format that is asked for. @throws AppError `invalid_request` for any other. */
export function readFormat(text: string | undefined): FormatName {
  if (text === 'csv' || text === 'ndjson') return text
  throw new AppError('invalid_request', { message: 'An export is CSV or NDJSON.' })
}

/** Answers with the file of all that the filter matches, newest first, as far as a file goes. */
export function answerFile(c: PageContext, filter: DeliveryFilter, name: FormatName): Response {
  const format = FORMATS[name]
  const source = { db: dataOf(c), orgId: c.get('session').orgId, filter }
  const day = new Date(c.get('world').now()).toISOString().slice(0, 10)
  const { log } = c.get('world')
  const noteFault = (error: unknown) => log({ event: 'export_failed', error: explainFault(error) })
  return c.body(streamOf(writeFile(source, format), noteFault), 200, {
    'Content-Type': format.type,
    'Content-Disposition': `attachment; filename="deliveries-${day}.${name}"`,
  })
}

type Source = { db: Database; orgId: string; filter: DeliveryFilter }

/** The file in pieces, each of which is read when the one before has been taken. */
async function* writeFile({ db, orgId, filter }: Source, format: Format): AsyncGenerator<string> {
  if (format.head) yield format.head
  let rest = MAX_ROWS
  let startingAfter: string | undefined
  for (let pages = 0; pages < MAX_PAGES && rest > 0; pages += 1) {
    const page = { limit: Math.min(PAGE, rest), startingAfter }
    const { rows, next } = await listDeliveries(db, orgId, filter, page)
    yield rows.map((row) => format.line(toCells(row))).join('')
    if (next === undefined) return
    rest -= rows.length
    startingAfter = next
  }
  const sentence = `Cut here, after ${MAX_ROWS - rest} deliveries: there may be more. Narrow the filter down in time to get the rest.`
  yield format.cut(sentence, startingAfter ?? '')
}

function toCells(delivery: PublicDelivery): Record<string, Cell> {
  return Object.fromEntries(Object.entries(COLUMNS).map(([name, read]) => [name, read(delivery)]))
}

/** A fault ends it where it is, as a broken download: its headers have been sent. */
function streamOf(
  pieces: AsyncGenerator<string>,
  noteFault: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (error) {
          noteFault(error)
          controller.error(error)
        }
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    // Nothing is read before somebody takes it.
    { highWaterMark: 0 },
  )
}

/** A line of CSV (RFC 4180). */
function writeCells(cells: Cell[]): string {
  return `${cells.map((cell) => quote(disarm(cell ?? ''))).join(',')}\r\n`
}

/** What a spreadsheet would take for a formula is text to it with an apostrophe before it. Source: OWASP, CSV Injection. */
function disarm(cell: Exclude<Cell, null>): string {
  const text = String(cell)
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** An instant in Unix ms; nothing for what is none, as a bad row may have it. */
function writeInstant(at: number): string | null {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
