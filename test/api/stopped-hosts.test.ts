// What the operator's stop switch takes for a host.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered } from '../world.ts'
import { expectProblem, issuePaths } from './http/shapes.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  return world.call(method, `/admin${path}`, body, { key: env.ADMIN_TOKEN })
}

describe('/admin/stops/{host}', () => {
  it.each([
    'https%3A%2F%2Freceiver.example',
    'receiver.example%2Fhooks',
    'receiver.example:443',
    'a%20b',
    'user@receiver.example',
    '%3F',
    '..%2F',
  ])('is a 400 for %s, which is no host', async (host) => {
    const answer = await admin('PUT', `/stops/${host}`)
    expect(answer.status).toBe(400)
    expect(issuePaths(answer)).toEqual(['host'])
  })

  it.each([
    'everythin',
    'Everything.',
    'localhost',
    'receiver.internal',
    '203.0.113.7',
    '7',
    '[::1]',
  ])(
    'is a 400 for %s, where no endpoint may be, that names everything, and changes nothing',
    async (host) => {
      for (const method of ['PUT', 'DELETE', 'DELETE']) {
        const answer = await admin(method, `/stops/${host}`)
        expectProblem(answer, 'invalid_request')
        expect(answer.body.error).toMatch(/^host: must be "everything" or the full public name/)
      }
      expect((await admin('GET', '/stops')).body).toEqual({ data: [] })
      const { body } = await admin('GET', '/audit_log')
      expect(body.data).toEqual([])
    },
  )

  it.each(['localhost', '127.0.0.1', '[::1]'])(
    'is put for %s where endpoints may be there, and taken away where they may not any more',
    async (host) => {
      world.vars['ALLOW_HTTP_ENDPOINTS'] = 'true'
      expect((await admin('PUT', `/stops/${host}`)).body).toMatchObject({ what: 'host', host })
      world.vars['ALLOW_HTTP_ENDPOINTS'] = 'false'
      expect((await admin('DELETE', `/stops/${host}`)).status).toBe(204)
      expect((await admin('GET', '/stops')).body).toEqual({ data: [] })
    },
  )
})
