// Which side of an org a page shows: said on every page of the test side, and of each key in the settings.
import { beforeEach, expect, it } from 'vitest'
import { World } from '../world.ts'
import { Visitor } from './visitor.ts'

const PAGES = ['', '/deliveries', '/replays', '/endpoints', '/settings', '/settings/audit-log']
const BADGE = '<span class="badge wait">Test data</span>'

let world: World
let testKey: string
beforeEach(async () => {
  world = await World.create()
  const asked = { name: 'Trying', mode: 'test' }
  testKey = (await world.call('POST', '/v1/api_keys', asked)).body.key
})

it('says of every page of the test side that it is test data, and nothing of the live side', async () => {
  await world.createEndpoint({ url: 'https://live.example/' })
  const live = await Visitor.signedIn(world)
  const test = await Visitor.signedIn(world, testKey)
  for (const path of PAGES) {
    expect((await live.get(path)).text).not.toContain('Test data')
    const { text } = await test.get(path)
    expect(text).toContain(BADGE)
    expect(text).not.toContain('live.example')
  }
})

it('shows a live session the mode of each key, makes test keys, and revokes them', async () => {
  const visitor = await Visitor.signedIn(world)
  const made = await visitor.post('/settings/keys', { name: 'CI', mode: 'test', scopes: 'send' })
  const key = /sk_test_\w+/.exec(made.text)?.[0] ?? ''
  expect(made.text).toContain('test key, may send')
  expect(made.text).toContain('live key')
  expect((await world.send({}, {}, { key })).status).toBe(202)
  const publicId = key.slice('sk_test_'.length, 'sk_test_'.length + 8)
  const line =
    made.text
      .split('<li>')
      .slice(1)
      .find((item) => item.includes(publicId)) ?? ''
  const path = /\/settings\/keys\/[\w-]+\/revoke/.exec(line)?.[0] ?? ''
  await visitor.post(path)
  expect((await world.send({}, {}, { key })).status).toBe(401)
})

it('shows a test session test keys alone, and makes no other', async () => {
  const visitor = await Visitor.signedIn(world, testKey)
  const { text } = await visitor.get('/settings')
  expect(text).not.toContain('live key')
  expect(text).not.toContain('name="mode"')
  const made = await visitor.post('/settings/keys', { name: 'More', scopes: 'read' })
  expect(made.text).toMatch(/sk_test_\w+/)
  const refused = await visitor.post('/settings/keys', { name: 'x', mode: 'live', scopes: 'read' })
  expect(refused.status).toBe(400)
  expect(refused.text).toContain('a test key makes test keys alone')
})

it('tells what ends with the last key of a side', async () => {
  const visitor = await Visitor.signedIn(world)
  const { text } = await visitor.get('/settings')
  const paths = [...text.matchAll(/\/settings\/keys\/[\w-]+\/revoke/g)].map(([path]) => path)
  const pages = await Promise.all(paths.map(async (path) => (await visitor.get(path)).text))
  expect(pages.filter((page) => page.includes('No other test key is in force.'))).toHaveLength(1)
  expect(pages.filter((page) => page.includes('No other key is in force.'))).toHaveLength(1)
})
