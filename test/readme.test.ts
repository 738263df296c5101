// What the READMEs claim of the API, its settings and the way to verify a webhook is so.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import readme from '../README.md?raw'
import api from '../src/api/README.md?raw'
import { parseConfig } from '../src/config.ts'
import dashboard from '../src/dashboard/README.md?raw'
import { findFlaws } from '../src/filter/flaws.ts'
import { POLICIES } from '../src/limits.ts'
import { EVENT_TYPES } from '../src/webhook/event-types.ts'
import receiver from '../src/webhook/README.md?raw'
import { composeHeaders } from '../src/webhook/request.ts'
import bench from './bench/README.md?raw'
import { World } from './world.ts'

const PAGES = { readme, api, bench, dashboard, receiver }

describe('the README', () => {
  it('names every setting with its default', async () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` *\|[^|]*\|([^|]*)\|[^|]*\|$/gm)]
    const named = Object.fromEntries(rows.map(([, name, value]) => [name, value?.trim()]))
    expect(parseConfig(named)).toEqual(parseConfig({}))
    const { default: toml } = await import('../wrangler.toml?raw')
    const vars = /\[vars\]\n([\s\S]*?)\n\n/.exec(toml)?.[1] ?? ''
    const settings = [...vars.matchAll(/^([A-Z_]+) = "(.*)"$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(named).toEqual(Object.fromEntries(settings))
  })

  it('names routes that there are', async () => {
    const paths = (await routesOf()).map((route) => route.replace(/^[A-Z]+ /, ''))
    const named = [...readme.matchAll(/`(?:[A-Z]+ )?(\/(?:v1|admin)\/\S+)`/g)].map(
      ([, path]) => path,
    )
    expect(named.length).toBeGreaterThan(5)
    for (const path of named) expect(paths).toContain(path)
  })
})

describe('the way back to an earlier database', () => {
  it('saves what was deleted since, which comes back with it', async () => {
    const [, list = ''] = /--command "(SELECT [^"]*audit_log[^"]*)"/.exec(readme) ?? []
    const world = await World.create()
    const [before, since] = [await world.send(), await world.send()].map(({ body }) => body.id)
    const forget = (id: string) => world.call('DELETE', `/v1/events/${id}/payload`)
    world.clock = Date.parse('2026-11-27T11:59:59Z')
    await forget(before)
    world.clock += 1000
    await forget(since)
    const { results } = await env.DB.prepare(list).all()
    expect(results).toEqual([
      { org_id: world.orgId, action: 'event.delete_payload', target_id: since },
    ])
    expect((await forget(since)).status).toBe((await forget(before)).status)
  })
})

describe('what a consumer receives', () => {
  const [, section = ''] = /## What a consumer receives\n([\s\S]*?)\n## /.exec(readme) ?? []

  it('is the body that is shown', async () => {
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '')
    const world = await World.create()
    await world.createEndpoint()
    const sent = await world.send(shown.data.call, { type: shown.type, created: shown.created })
    await world.drain()
    const { body = '' } = world.receiver.received[0] ?? {}
    const id = sent.body.deliveries[0].id
    expect(body).toBe(JSON.stringify({ ...shown, id }))
    expect(id).toHaveLength(shown.id.length)
  })

  it('has the headers that are told, and no other', () => {
    const told = [...section.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    )
    const parts = { prefix: 'CallingBox', id: '', type: '', callId: '', timestampS: 0, attempt: 1 }
    const trace = { kept: `${'a'.repeat(32)}-01 a=b`, span: 'b'.repeat(16) }
    const signature = { callingbox: '', standard: '' }
    const marks = { isManual: true, isTest: true, signature, trace }
    const sent = Object.keys(composeHeaders({ ...parts, ...marks }))
    expect(new Set(told)).toEqual(new Set(sent))
  })

  it('is of the types that are told', () => {
    const told = /`type` is one of ([^;]+);/.exec(section)?.[1] ?? ''
    expect([...told.matchAll(/`([^`]+)`/g)].map(([, type]) => type)).toEqual(EVENT_TYPES)
  })

  it('has as long to be answered as is told, and is tried as often', () => {
    const { attemptTimeoutMs, retryScheduleMs } = parseConfig({})
    expect(section).toContain(`within ${attemptTimeoutMs / 1000} s`)
    expect(section).toContain('eight times in all')
    expect(retryScheduleMs).toHaveLength(7)
  })
})

describe('the page of the API', () => {
  it('has one row for each route, and no other', async () => {
    const rows = [...api.matchAll(/^\| `([A-Z]+ \/\S+)` *\|/gm)].map(([, route = '']) => route)
    expect(rows.toSorted()).toEqual((await routesOf()).toSorted())
  })

  it('tells the limits that are enforced', () => {
    const rows = [...api.matchAll(/^\| `([a-z_]+)` *\|[^|]*\| ([\d,]+)/gm)]
    const told = rows.map(([, policy, figure]) => [policy, Number(figure?.replaceAll(',', ''))])
    const enforced = Object.entries(POLICIES).map(([policy, { quota }]) => [policy, quota])
    expect(told).toEqual(enforced)
  })

  it('shows an endpoint with every member that it has, and a filter that is one', async () => {
    const [, section = ''] = /\n## Endpoints\n([\s\S]*?)\n### /.exec(api) ?? []
    const [endpoint, filter] = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, sample = '']): unknown => JSON.parse(sample),
    )
    const world = await World.create()
    const { body } = await world.createEndpoint()
    expect(Object.keys(endpoint ?? {})).toEqual(Object.keys(body))
    expect(findFlaws(filter)).toEqual([])
  })
})

describe('the page for receivers', () => {
  it('shows the sample that the demo receiver verifies with', async () => {
    const { default: sample } = await import('../src/dev/verify-signature.ts?raw')
    expect(receiver).toContain(sample.trim())
  })
})

describe('every page', () => {
  it('has JSON samples that are JSON', () => {
    const samples = Object.values(PAGES).flatMap((page) =>
      [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? ''),
    )
    expect(samples.length).toBeGreaterThan(8)
    for (const sample of samples) expect(() => JSON.parse(sample) as unknown).not.toThrow()
  })
})

async function routesOf(): Promise<string[]> {
  const world = await World.create()
  const { body } = await world.call('GET', '/openapi.json')
  return Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
}
