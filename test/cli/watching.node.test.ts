// Watching what comes and goes on: a list of deliveries, and a replay; also while the service cannot answer.
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { run, serve, start, stopAll, type Answer, type Service } from './service.ts'

afterAll(stopAll)

/** Deliveries of the ids from `newest` down to 1, as the service lists them: a hundred a page, and on either side. */
function page(url: URL, newest: number, changed: Record<number, string> = {}): Answer {
  const before = url.searchParams.get('ending_before')
  const floor = Number.parseInt(before ?? '0', 10)
  const top = before === null ? newest : Math.min(newest, floor + 100)
  const ids = Array.from({ length: 100 }, (_, place) => top - place).filter((id) => id > floor)
  const data = rowsOf(ids, changed)
  const older = before === null && (ids.at(-1) ?? 1) > 1 ? data.at(-1)?.id : null
  const newer = before !== null && top < newest ? data[0]?.id : null
  return listed(data, older, newer)
}

function listed(data: unknown[], older: string | null = null, newer: string | null = null): Answer {
  const has_more = older !== null || newer !== null
  const body = { data, has_more, next_starting_after: older, next_ending_before: newer }
  return { status: 200, body }
}

function rowsOf(ids: number[], changed: Record<number, string> = {}) {
  return ids.map((id) => ({
    id: String(id).padStart(5, '0'),
    url: 'https://receiver.example',
    status: changed[id] ?? 'pending',
    event_type: 'call.busy',
    call_id: null,
    endpoint_id: null,
    attempt_count: 0,
    manual_retry_count: 0,
    last_error: null,
    last_response_status: null,
    next_attempt_at: '',
    created_at: '',
  }))
}

const BUSY: Answer = {
  status: 503,
  body: { error: 'Not now.', code: 'unavailable' },
  headers: { 'Retry-After': '3' },
}

/** Ids and statuses that `tail` has printed, as soon as there are so many. */
function tail(service: Service, count: number): Promise<string[]> {
  return read(start(service, ['deliveries', 'tail', '--json']).stdout, count)
}

async function read(stdout: AsyncIterable<unknown>, count: number): Promise<string[]> {
  const lines: string[] = []
  let rest = ''
  for await (const chunk of stdout) {
    const parts = (rest + String(chunk)).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) lines.push(part)
    if (lines.length >= count) break
  }
  return lines.map((line) => {
    const { id, status } = JSON.parse(line)
    return `${Number(id)} ${status}`
  })
}

describe.concurrent('deliveries tail', () => {
  it('prints what comes and what changes, the oldest first, and nothing that was there before', async () => {
    const service = await serve((number, url) =>
      number === 0 ? page(url, 3) : page(url, 5, { 2: 'delivered' }),
    )
    expect(await tail(service, 3)).toEqual(['2 delivered', '4 pending', '5 pending'])
  })

  it('misses none of however many come at once, and looks no further than what it knows', async () => {
    const service = await serve((number, url) => page(url, number === 0 ? 300 : 3300))
    expect(await tail(service, 3000)).toEqual(
      Array.from({ length: 3000 }, (_, place) => `${301 + place} pending`),
    )
    // The first look, the second, and a page for each hundred.
    expect(service.asked).toHaveLength(32)
  })

  it('begins where there is none', async () => {
    const service = await serve((number, url) => (number === 0 ? listed([]) : page(url, 150)))
    expect((await tail(service, 150)).at(-1)).toBe('150 pending')
  })

  it('does not take for new what moves up when others leave the list', async () => {
    const service = await serve((number, url) =>
      page(url, number === 0 ? 300 : number < 2 ? 290 : 301),
    )
    expect(await tail(service, 1)).toEqual(['301 pending'])
  })

  it('does not take for new what was not read at first, where a page is short', async () => {
    const lists = [listed(rowsOf([300]), '00250'), listed(rowsOf([300, 200]))]
    const service = await serve(
      (number) => lists[number] ?? listed(rowsOf([301, 300, 200]), '00200'),
    )
    expect(await tail(service, 1)).toEqual(['301 pending'])
  })

  it('says so and goes on when the service cannot be reached, or answers nothing now', async () => {
    const service = await serve((number, url) => {
      if (number === 1 || number === 2) return 'lost'
      if (number === 3) return BUSY
      return page(url, number === 0 ? 3 : 4)
    })
    const child = start(service, ['deliveries', 'tail', '--json'])
    const said = text(child.stderr)
    expect(await read(child.stdout, 1)).toEqual(['4 pending'])
    child.kill()
    expect(await said).toMatch(/cannot be reached.*\nGoing on as soon as it answers\.\n$/)
  })
})

describe('replays watch', () => {
  const id = '019a2f6f-3d40-7d4e-9a53-2b8f6c0d7d44'
  const replay = (status: string, replayed: number): Answer => {
    const counts = { total: 2, total_is_exact: true, replayed, delivered: replayed, failed: 0 }
    const body = { id, status, ...counts, remaining: 2 - replayed, held_endpoints: [] }
    return { status: 200, body }
  }

  it('goes on to the end when the service answers nothing now, as soon as that allows', async () => {
    const limited: Answer = { ...BUSY, status: 429 }
    const answers = [replay('running', 1), BUSY, limited]
    const service = await serve((number) => answers[number] ?? replay('completed', 2))
    const { status, out, err } = await run(service, ['replays', 'watch', id])
    expect({ status, err }).toEqual({
      status: 0,
      err: 'Not now.\n  again in 3 s\nGoing on as soon as it answers.\n',
    })
    expect(out).toMatch(/completed/)
    const [, first = 0, second = 0, third = 0] = service.askedAt
    expect(Math.min(second - first, third - second)).toBeGreaterThan(2900)
  })

  it('ends when the service cannot be reached from the beginning', async () => {
    const service = await serve(() => BUSY)
    expect(await run(service, ['replays', 'watch', id])).toMatchObject({ status: 6 })
  })
})
