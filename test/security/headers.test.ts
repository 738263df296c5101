// What stands in the headers of every answer, and what never does.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

const ADMIN = { Authorization: `Bearer ${env.ADMIN_TOKEN}` }

const REQUESTS: [name: string, path: string, init: () => RequestInit][] = [
  [
    'a list',
    '/v1/webhook_endpoints',
    () => ({ headers: { Authorization: `Bearer ${world.key}` } }),
  ],
  [
    'an answer with a secret',
    '/admin/orgs',
    () => ({
      method: 'POST',
      headers: { ...ADMIN, 'Content-Type': 'application/json' },
      body: '{"name":"Beta"}',
    }),
  ],
  ['a 401', '/v1/webhook_endpoints', () => ({})],
  ['a 404', '/nothing', () => ({})],
  ['a 405', '/healthz', () => ({ method: 'POST' })],
  [
    'a preflight',
    '/v1/events',
    () => ({
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    }),
  ],
  [
    'a request from a page',
    '/v1/webhook_endpoints',
    () => ({
      headers: { Authorization: `Bearer ${world.key}`, Origin: 'https://evil.example' },
    }),
  ],
  ['/healthz', '/healthz', () => ({})],
  ['/openapi.json', '/openapi.json', () => ({})],
]

describe('every answer', () => {
  it.each(REQUESTS)('is private, typed and framed by nobody: %s', async (_, path, init) => {
    const { headers } = await world.fetch(path, init())
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'content-type': expect.stringContaining('application/json'),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it.each(REQUESTS)('opens no door to other origins and names no software: %s', async (...row) => {
    const [, path, init] = row
    const { headers } = await world.fetch(path, init())
    const names = [...headers.keys()]
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(names).not.toContain('server')
    expect(names).not.toContain('x-powered-by')
  })

  it('is private when the service is misconfigured', async () => {
    vi.spyOn(console, 'log').mockReturnValue()
    world.vars['RETRY_JITTER'] = 'much'
    const response = await world.fetch('/healthz')
    expect(response.status).toBe(500)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
  })
})
