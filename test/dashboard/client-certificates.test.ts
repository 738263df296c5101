// Client certificates on the dashboard: which one a receiver is shown, and why something waits for one.
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

it('are shown on the page of their endpoint, and of a delivery that waits for one that is not bound', async () => {
  const world = await World.create()
  const visitor = await Visitor.signedIn(world)
  const { body } = await world.createEndpoint()
  const bare = textOf((await visitor.get(`/endpoints/${body.id}`)).text)
  expect(bare).not.toContain('client certificate')
  world.receiver.certificates.set('acme', async () => new Response())
  const change = { client_certificate: 'acme' }
  await world.call('PATCH', `/admin/orgs/${world.orgId}`, change, { key: env.ADMIN_TOKEN })
  const page = textOf((await visitor.get(`/endpoints/${body.id}`)).text)
  expect(page).toContain('Its receiver is shown the client certificate <code>acme</code>')
  const id = await world.deliver()
  const bound = textOf((await visitor.get(`/deliveries/${id}`)).text)
  expect(bound).not.toContain('not at hand')
  world.receiver.certificates.clear()
  const waiting = textOf((await visitor.get(`/deliveries/${id}`)).text)
  expect(waiting).toContain('The client certificate acme that goes along is not at hand')
  expect(waiting).toContain('when the operator lets it')
  await world.call('PATCH', `/v1/webhook_endpoints/${body.id}`, { url: 'https://other.example/' })
  const elsewhere = textOf((await visitor.get(`/deliveries/${id}`)).text)
  expect(elsewhere).not.toContain('not at hand')
})
