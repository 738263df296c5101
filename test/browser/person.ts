// Someone on the dashboard, with a receiver of its own: whatever is clicked or typed is counted.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Browser, Locator, Page } from 'playwright-core'
import { z } from 'zod'
import { until } from '../smoke/dev-run.ts'
import { VIEWS } from './chromium.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import type { Service } from './service.ts'
import { signedIn } from './visit.ts'

/** What is sent arrives within this, in ms. */
export const ARRIVES_WITHIN_MS = 15_000

/** How often a person has clicked, or typed into a field (with Enter, where that sends it). */
export type Effort = { clicks: number; typed: number }

/** Someone who has just signed in and is on the overview; whatever is done goes through `click` and `type`. */
export type Person = {
  page: Page
  service: Service
  receiver: Receiver
  click: (what: Locator) => Promise<void>
  type: (into: Locator, text: string) => Promise<void>
}

/**
 * Signs in, does something, and tells what it took; endpoints that were made for it go again. What the page
 * complains about in the console is a failure, but for what is expected.
 */
export async function asPerson(
  chromium: Browser,
  service: Service,
  act: (person: Person) => Promise<void>,
  expected?: RegExp,
): Promise<Effort> {
  const effort: Effort = { clicks: 0, typed: 0 }
  const receiver = await startReceiver()
  const click = async (what: Locator) => {
    effort.clicks += 1
    await what.click()
  }
  const type = async (into: Locator, text: string) => {
    effort.typed += 1
    await into.fill(text)
  }
  try {
    const use = (page: Page) => act({ page, service, receiver, click, type })
    await signedIn(chromium, service, VIEWS.light, use, expected)
  } finally {
    await removeEndpoints(service, receiver)
    await receiver.stop()
  }
  return effort
}

/** Finds what belongs to a call. */
export async function search({ page, click, type }: Person, callId: string): Promise<void> {
  await click(section(page, 'Deliveries'))
  await type(page.getByRole('searchbox'), callId)
  await page.keyboard.press('Enter')
  await page.waitForURL(/call=/)
}

/** Opens the one of a call's deliveries that goes there: of several rows its own says so. */
export async function open(person: Person, callId: string, endpoint = 'Inline'): Promise<void> {
  await search(person, callId)
  const row = person.page.locator('.deliveries tbody tr', { hasText: endpoint })
  await person.click(row.locator('.row-link'))
  await person.page.locator('#delivery').waitFor()
}

/** Opens its endpoint's page. */
export async function openEndpoint({ page, receiver, click }: Person): Promise<void> {
  await click(section(page, 'Endpoints'))
  await click(page.getByRole('link', { name: nameOf(receiver) }))
}

function section(page: Page, name: string): Locator {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name })
}

/** A delivery to the URL that its call names, which has been refused there. */
export async function fail({ service, receiver }: Person): Promise<{ id: string; callId: string }> {
  const callId = randomUUID()
  receiver.status = 503
  const id = await service.send('call.completed', { id: callId, webhook_url: receiver.url })
  await service.waitFor(id, { status: 'pending', last_error: 'HTTP 503' })
  return { id, callId }
}

const Made = z.object({ id: z.string(), signing_secret: z.string() })
const Listed = z.object({
  data: z.array(z.object({ id: z.string(), description: z.string().nullable() })),
})

/** An endpoint of its own, called by its receiver's name. */
export async function createEndpoint({ service, receiver }: Person, more: object = {}) {
  const wanted = {
    description: nameOf(receiver),
    url: receiver.url,
    enabled_events: ['call.answered'],
  }
  const answer = await service.call('POST', '/v1/webhook_endpoints', { ...wanted, ...more })
  const { id, signing_secret: secret } = Made.parse(answer)
  return { id, secret }
}

/** Waits until so many requests have come, and no more. */
export async function arrive({ taken }: Receiver, count: number): Promise<void> {
  const areThere = () => taken.length >= count || undefined
  await until(`${count} requests`, ARRIVES_WITHIN_MS, areThere)
  assert.equal(taken.length, count, 'none came twice')
}

async function removeEndpoints({ call }: Service, receiver: Receiver): Promise<void> {
  const { data } = Listed.parse(await call('GET', '/v1/webhook_endpoints'))
  for (const { id, description } of data) {
    if (description === nameOf(receiver)) await call('DELETE', `/v1/webhook_endpoints/${id}`)
  }
}

/** What its endpoint is called. */
export function nameOf({ url }: Receiver): string {
  return `Receiver ${new URL(url).port}`
}
