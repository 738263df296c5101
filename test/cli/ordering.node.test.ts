// The order of an endpoint on the command line, and what its deliveries wait for.
import { afterAll, describe, expect, it } from 'vitest'
import { ENDPOINT, ID, run, serve, stopAll } from './service.ts'

afterAll(stopAll)

describe('an endpoint', () => {
  it('comes with an order, which is shown, changed, and cleared', async () => {
    const found = { ...ENDPOINT, ordering: 'call', ordering_max_wait_seconds: 30 }
    const service = await serve(() => ({ status: 200, body: found }))
    const make = ['endpoints', 'create', '--url', 'https://example.com/', '--ordering', 'call']
    const { out } = await run(service, make)
    expect(out).toMatch(/order +call\nwaits at most +30 s\n/)
    const change = ['endpoints', 'update', ID]
    await run(service, [...change, '--ordering-max-wait-seconds', '30'])
    await run(service, [...change, '--clear-ordering'])
    for (const bad of [
      ['--ordering', 'fifo'],
      ['--ordering-max-wait-seconds', '1.5'],
      ['--ordering', 'call', '--clear-ordering'],
    ])
      expect((await run(service, [...change, ...bad])).status).toBe(2)
    const given = service.bodies.map((body) => {
      const { ordering, ordering_max_wait_seconds } = JSON.parse(body)
      return [ordering, ordering_max_wait_seconds]
    })
    expect(given).toEqual([
      ['call', undefined],
      [undefined, 30],
      [null, undefined],
    ])
  })
})

describe('a delivery that waits for another of its call', () => {
  const FRONT = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0002'
  const DELIVERY = {
    id: ID,
    url: 'https://a.example/',
    status: 'pending',
    event_type: 'call.completed',
    call_id: null,
    endpoint_id: ID,
    attempt_count: 0,
    manual_retry_count: 0,
    last_error: null,
    last_response_status: null,
    next_attempt_at: '2026-04-15T14:30:50Z',
    waiting_for: FRONT,
    created_at: '2026-04-15T14:30:50Z',
  }

  it('says for which, in lists and by itself; and an attempt which it overtook', async () => {
    const attempt = { number: 1, trigger: 'automatic', started_at: '', duration_ms: 1, error: null }
    const attempts = [{ ...attempt, response: { status: 200, body: '' }, overtook: FRONT }]
    const service = await serve((_, { pathname }) => ({
      status: 200,
      body: pathname.endsWith(ID)
        ? { ...DELIVERY, attempts }
        : { data: [DELIVERY], has_more: false },
    }))
    expect((await run(service, ['deliveries', 'list'])).out).toContain(`waits for ${FRONT}`)
    const { out } = await run(service, ['deliveries', 'show', ID])
    expect(out).toMatch(new RegExp(`waits for +${FRONT}`))
    expect(out).toContain(`HTTP 200, overtook ${FRONT}`)
  })
})
