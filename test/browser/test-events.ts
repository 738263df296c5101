// A test event: its type chosen, its payload changed, and sent as it was changed.
import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { arrive, asPerson, createEndpoint, openEndpoint, type Person } from './person.ts'
import type { Service } from './service.ts'
import { inspect } from './visit.ts'

const Call = z.looseObject({ id: z.string(), note: z.string().optional() })
const Sent = z.object({ type: z.string(), data: z.object({ call: Call }) })

/** What is no JSON is refused with what was typed; what is arrives, marked, and on its own page. */
export async function sendTests(chromium: Browser, service: Service): Promise<void> {
  // The browser tells of the page that refuses it.
  await asPerson(chromium, service, sendOne, /400/)
}

async function sendOne(person: Person): Promise<void> {
  const { page, receiver, click, type } = person
  await createEndpoint(person, { enabled_events: ['call.failed', 'call.answered'] })
  await openEndpoint(person)
  await click(page.getByRole('link', { name: 'Send a test event' }))
  await page.getByLabel('Event type').selectOption('call.failed')
  await page.waitForURL(/type=call\.failed/)
  await inspect(page, 'test-event')
  const payload = page.getByLabel('Call, as JSON')
  const call = Call.parse(JSON.parse(await payload.inputValue()))
  await type(payload, '{"id": oops')
  await click(page.getByRole('button', { name: 'Send it' }))
  await page.locator('#payload-problem').waitFor()
  assert.equal(await payload.inputValue(), '{"id": oops')
  await inspect(page, 'test-event-refused')
  const changed = { ...call, note: '<b>O’Brien</b> & Söhne' }
  await type(payload, JSON.stringify(changed, null, 2))
  await click(page.getByRole('button', { name: 'Send it' }))
  await page.locator('h1 .badge.ok:text("Delivered")').waitFor()
  await page.locator('h1 .badge:text("Test")').waitFor()
  await arrive(receiver, 1)
  const [taken] = receiver.taken
  const sent = Sent.parse(JSON.parse(taken?.body ?? ''))
  assert.deepEqual([sent.type, sent.data.call], ['call.failed', changed])
  assert.equal(taken?.headers['callingbox-test'], 'true')
}
