// Endpoints that fail until they are disabled: told on every open page, until somebody sees to them.
import assert from 'node:assert/strict'
import type { Browser, Locator, Page } from 'playwright-core'
import { z } from 'zod'
import { until } from '../smoke/dev-run.ts'
import { VIEWS } from './chromium.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { startImpatient, type Service } from './service.ts'
import { inspect, signIn, visit } from './visit.ts'

/** The open page that asks least often asks every 15 seconds. */
const TOLD_WITHIN_MS = 25_000

/** A delivery is exhausted after two attempts, a second or two apart. */
const DISABLED_WITHIN_MS = 30_000

/** Both take the same; one is to be enabled, and of the other the alert dismissed. */
const NAMES = ['Ledger', 'Archive'] as const

const Made = z.object({ id: z.string() })
const State = z.object({ status: z.string() })

/** What has happened: by the endpoints' names their ids, and of each the delivery that is held now. */
type Story = { service: Service; receiver: Receiver; ids: string[]; held: string[] }

/** It happens for real: two deliveries of each are exhausted, while a third waits. */
export async function disableByFailures(chromium: Browser): Promise<void> {
  const [service, receiver] = await Promise.all([startImpatient(), startReceiver()])
  try {
    await tellDisabling(chromium, service, receiver)
  } finally {
    await receiver.stop()
    await service.stop()
  }
}

/** For a service where two failures exhaust a delivery, and two such disable an endpoint. */
async function tellDisabling(
  chromium: Browser,
  service: Service,
  receiver: Receiver,
): Promise<void> {
  const ids: string[] = []
  for (const description of NAMES) ids.push(await createEndpoint(service, receiver, description))
  Object.assign(receiver, { status: 503, retryAfterS: 900 })
  const held = await failBoth(service, receiver)
  receiver.retryAfterS = 0
  const story = { service, receiver, ids, held }
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.key)
    const pages = await openAll(page, story)
    await failBoth(service, receiver)
    await failBoth(service, receiver)
    await waitUntilDisabled(story)
    for (const one of pages) {
      for (const name of NAMES) await alertOf(one, name).waitFor({ timeout: TOLD_WITHIN_MS })
    }
    await inspect(page, 'alerts')
    await readWhy(page, story)
    await seeToThem(pages, story)
  })
}

async function createEndpoint(service: Service, { url }: Receiver, description: string) {
  const wanted = { url: `${url}/${description}`, description, enabled_events: ['call.busy'] }
  return Made.parse(await service.call('POST', '/v1/webhook_endpoints', wanted)).id
}

/** Sends an event, and answers the ids of its deliveries to the two, which have failed. */
async function failBoth(service: Service, { taken }: Receiver): Promise<string[]> {
  const before = taken.length
  await service.send('call.busy')
  const isThere = () => taken.length >= before + NAMES.length || undefined
  await until('an attempt at each', DISABLED_WITHIN_MS, isThere)
  const ids = taken.slice(before, before + NAMES.length).map(({ id }) => id)
  for (const id of ids) await service.waitFor(id, { last_error: 'HTTP 503' })
  return ids
}

/** Tabs of all pages that keep themselves current, each open before it happens. */
async function openAll(page: Page, { service, ids, held }: Story): Promise<Page[]> {
  const ways = ['', '/deliveries', '/endpoints', '/settings']
  const [endpoint, delivery] = [`/endpoints/${ids[0]}`, `/deliveries/${held[0]}`]
  const pages: Page[] = []
  for (const way of [...ways, endpoint, delivery]) {
    const tab = pages.length === 0 ? page : await page.context().newPage()
    await tab.goto(`${service.url}/dashboard${way}`)
    pages.push(tab)
  }
  return pages
}

/** What waits for the sweep need not wait for its minute. */
async function waitUntilDisabled({ service, ids }: Story): Promise<void> {
  await until('the disabling', DISABLED_WITHIN_MS, async () => {
    await service.tick()
    const answers = ids.map((id) => service.call('GET', `/v1/webhook_endpoints/${id}`))
    const states = (await Promise.all(answers)).map((answer) => State.parse(answer).status)
    return states.every((status) => status === 'disabled') || undefined
  })
}

function alertOf(page: Page, name: string) {
  return page.locator('#alerts .alert', { hasText: `${name} was disabled automatically on` })
}

/** From the alert on: when, after how many, and what came back last; and in the log who has done it. */
async function readWhy(page: Page, { service, ids }: Story): Promise<void> {
  await page.locator('#alerts').getByRole('link', { name: 'Ledger' }).click()
  const why = page.getByText(
    /^Disabled after 2 exhausted deliveries in a row, 2 being the limit on/,
  )
  assert.match(await why.innerText(), /What came back last: HTTP 503 \(2\)\./)
  await page.goto(`${service.url}/dashboard/settings/audit-log`)
  for (const id of ids) {
    const target = page.locator(`a[href$="/endpoints/${id}"]`)
    const entry = page.locator('.audit tr', { hasText: 'Endpoint: disable', has: target })
    assert.match(await entry.innerText(), /The service itself/)
  }
  await page.goto(`${service.url}/dashboard`)
}

/** One is enabled, and of the other the alert dismissed: no open page tells of either any more. */
async function seeToThem(pages: Page[], { service, receiver }: Story): Promise<void> {
  const [overview, , , , endpoint, delivery] = pages
  assert.ok(overview && endpoint && delivery)
  receiver.status = 200
  const waits = delivery.getByText('The endpoint is disabled, so this waits.')
  await waits.waitFor()
  await endpoint.getByRole('button', { name: 'Enable' }).click()
  for (const one of pages) await isGone(alertOf(one, 'Ledger'))
  await isGone(waits)
  await alertOf(overview, 'Archive')
    .getByRole('button', { name: /^Dismiss/ })
    .click()
  for (const one of pages) await isGone(alertOf(one, 'Archive'))
  await overview.goto(`${service.url}/dashboard/settings/audit-log`)
  await overview.locator('.audit tr', { hasText: 'Endpoint: dismiss alert' }).waitFor()
}

async function isGone(what: Locator): Promise<void> {
  await what.waitFor({ state: 'detached', timeout: TOLD_WITHIN_MS })
}
