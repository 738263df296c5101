// What the command line makes of a check, and how it asks for a list of endpoints.
import { afterAll, describe, expect, it } from 'vitest'
import { ID, run, serve, stopAll } from './service.ts'

const GOOD = { code: 'status', ok: true, message: 'It answers 200.' }
const BAD = { code: 'wrong_signature', ok: false, message: 'It takes a wrong signature.' }

afterAll(stopAll)

describe.concurrent('endpoints check', () => {
  it('tells what was found, each on a line', async () => {
    const body = { ok: true, findings: [GOOD], requests: [] }
    const service = await serve(() => ({ status: 200, body }))
    const { status, out } = await run(service, ['endpoints', 'check', 'billing-eu'])
    expect([status, out]).toEqual([0, 'ok  It answers 200.\n'])
    expect(service.asked).toEqual(['POST /v1/webhook_endpoints/billing-eu/check'])
  })

  it('ends with 5 where something is to be mended, which is told all the same', async () => {
    const body = { ok: false, findings: [GOOD, BAD], requests: [] }
    const service = await serve(() => ({ status: 200, body }))
    const { status, out, err } = await run(service, ['endpoints', 'check', ID])
    expect([status, err]).toEqual([5, '1 to mend.\n'])
    expect(out).toBe('ok  It answers 200.\nbad  It takes a wrong signature.\n')
    const json = await run(service, ['endpoints', 'check', ID, '--json'])
    expect([json.status, JSON.parse(json.out)]).toEqual([5, body])
  })
})

describe.concurrent('endpoints list', () => {
  it('asks for what is asked for alone, and says where it goes on', async () => {
    const one = { id: ID, url: 'https://a.example/', status: 'disabled', enabled_events: ['*'] }
    const rest = { description: null, disabled_reason: null, consecutive_failures: 0 }
    const queries: string[] = []
    const service = await serve((_, { search }) => {
      queries.push(search)
      return { status: 200, body: { data: [Object.assign(one, rest)], has_more: true } }
    })
    const asked = ['--status', 'disabled', '--url', 'https://a.example/', '--external-id', 'b']
    const { err } = await run(service, ['endpoints', 'list', ...asked, '--limit', '1'])
    expect(err).toContain(`More: --after ${ID}`)
    await run(service, ['endpoints', 'list', '--after', ID])
    await run(service, ['endpoints', 'list'])
    expect(queries).toEqual([
      '?status=disabled&url=https%3A%2F%2Fa.example%2F&external_id=b&limit=1',
      `?starting_after=${ID}`,
      '',
    ])
  })
})
