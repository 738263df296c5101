// What became of an event: found by its id and by its call, with who was skipped and why.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { asPerson, createEndpoint, nameOf, search } from './person.ts'
import type { Service } from './service.ts'
import { inspect } from './visit.ts'

/** One endpoint was off, another takes other types; the demo receiver got it. */
export async function explainEvent(chromium: Browser, service: Service): Promise<void> {
  await asPerson(chromium, service, async (person) => {
    const { page, receiver, click } = person
    const { id } = await createEndpoint(person)
    await createEndpoint(person, { enabled_events: ['call.failed'] })
    await service.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    const callId = randomUUID()
    await service.send('call.answered', { id: callId })
    await search(person, callId)
    await click(page.getByRole('link', { name: 'Events of this call' }))
    await click(page.getByRole('link', { name: 'call.answered' }))
    const eventId = await page.locator('#event-id').innerText()
    await page.locator('section:has(#got) .badge.ok:text("Delivered")').waitFor()
    const missed = page.locator('.missed li', { hasText: nameOf(receiver) })
    const reasons = (await missed.allInnerTexts()).join('\n')
    assert.match(reasons, /It was disabled when the event came\./)
    assert.match(reasons, /It did not take call\.answered when the event came\./)
    await inspect(page, 'event')
    await page.goto(`${service.url}/dashboard/deliveries`)
    await page.getByRole('searchbox').fill(eventId)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Event call.answered' }).waitFor()
  })
}
