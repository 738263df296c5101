// Ten things that a person comes for, done as a person does them, and counted in clicks.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import {
  arrive,
  ARRIVES_WITHIN_MS,
  asPerson,
  createEndpoint,
  fail,
  nameOf,
  open,
  openEndpoint,
  search,
  type Effort,
  type Person,
} from './person.ts'
import type { Taken } from './receiver.ts'
import type { Service } from './service.ts'

/** The table there has what is counted here. */
const README = 'src/dashboard/README.md'

const REPLAYED_WITHIN_MS = 30_000

/** Events of an outage. */
const LOST = 4

/** A thing to come for, and the effort that it may take at most. */
type Task = { name: string; most: Effort; act: (person: Person) => Promise<void> }

/** All of them, in the order of the README. */
export const TASKS: Task[] = [
  { name: 'Find a failure from a call id', most: { clicks: 1, typed: 1 }, act: find },
  { name: 'Understand it', most: { clicks: 2, typed: 1 }, act: understand },
  { name: 'Replay it', most: { clicks: 2, typed: 1 }, act: replayOne },
  { name: 'Replay all of an outage', most: { clicks: 3, typed: 0 }, act: replayOutage },
  { name: 'Find what an endpoint missed, send it', most: { clicks: 5, typed: 0 }, act: sendMissed },
  { name: 'Compare two attempts', most: { clicks: 2, typed: 1 }, act: compareAttempts },
  { name: 'Verify a signature by hand', most: { clicks: 3, typed: 1 }, act: verify },
  { name: 'Mend a URL and resend', most: { clicks: 6, typed: 1 }, act: mend },
  { name: 'Rotate without downtime', most: { clicks: 4, typed: 0 }, act: rotate },
  { name: 'Find who disabled an endpoint', most: { clicks: 2, typed: 0 }, act: findWho },
]

/** Does one of them, and compares the effort with what the README says of it. */
export async function doTask(chromium: Browser, service: Service, task: Task): Promise<void> {
  const { name, most, act } = task
  const effort = await asPerson(chromium, service, act)
  const { clicks, typed } = effort
  const told = `${clicks} clicks, ${typed} typed`
  assert.ok(clicks <= most.clicks && typed <= most.typed, `it took ${told}`)
  assert.deepEqual(await readEffort(name), effort, `${README} has another count than ${told}`)
}

/** What the README says of it: `| name | clicks | typed | … |` */
async function readEffort(name: string): Promise<Effort | undefined> {
  const lines = (await readFile(README, 'utf8')).split('\n')
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()))
  const row = rows.find(([, first]) => first === name)
  return row && { clicks: Number(row[2]), typed: Number(row[3]) }
}

async function find(person: Person): Promise<void> {
  const { id, callId } = await fail(person)
  await search(person, callId)
  const rows = person.page.locator('.deliveries tbody tr', { hasText: 'Retrying' })
  assert.equal(await rows.count(), 1, 'the other delivery of its event has arrived')
  assert.equal(await rows.getAttribute('id'), `d-${id}`)
  assert.match(await rows.innerText(), /HTTP 503/)
}

async function understand(person: Person): Promise<void> {
  const { page } = person
  await open(person, (await fail(person)).callId)
  await page.getByText(/The last attempt failed: HTTP 503\. The next one is due in/).waitFor()
  const newest = await page.locator('.attempt[open]').innerText()
  assert.match(newest, /Response[^]*503[^]*{"answered":503}/, 'what the receiver has answered')
}

async function replayOne(person: Person): Promise<void> {
  const { page, receiver, click } = person
  const { id, callId } = await fail(person)
  await search(person, callId)
  receiver.status = 200
  await click(page.locator(`#d-${id}`).getByRole('button', { name: 'Redeliver' }))
  await page.locator('h1 .badge.ok:text("Delivered")').waitFor({ timeout: ARRIVES_WITHIN_MS })
  const bodies = new Set(receiver.taken.map(({ body }) => body))
  assert.deepEqual([receiver.taken.length, bodies.size], [2, 1], 'the same body, twice')
}

async function replayOutage(person: Person): Promise<void> {
  const { page, service, receiver, click } = person
  await createEndpoint(person)
  receiver.status = 503
  for (let sent = 0; sent < LOST; sent += 1) await service.send('call.answered')
  await arrive(receiver, LOST)
  receiver.status = 200
  await page.reload()
  await click(page.locator('.attention').getByRole('link', { name: nameOf(receiver) }))
  await click(page.getByRole('link', { name: /^Since it is unwell/ }))
  await click(page.getByRole('button', { name: `Replay ${LOST} deliveries` }))
  await page.locator('h1 .badge.ok:text("Completed")').waitFor({ timeout: REPLAYED_WITHIN_MS })
  await arrive(receiver, 2 * LOST)
  assert.equal(new Set(receiver.taken.slice(LOST).map((one) => one.id)).size, LOST)
}

async function sendMissed(person: Person): Promise<void> {
  const { page, service, receiver, click } = person
  const { id } = await createEndpoint(person)
  await service.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
  const missed = [randomUUID(), randomUUID()]
  for (const callId of missed) await service.send('call.answered', { id: callId })
  await openEndpoint(person)
  const reasons = await page.locator('.missed li').allInnerTexts()
  assert.equal(reasons.length, missed.length)
  for (const reason of reasons) assert.match(reason, /call\.answered[^]*disabled/i)
  await click(page.getByRole('button', { name: 'Enable' }))
  await click(page.getByRole('link', { name: 'Send these' }))
  await click(page.getByRole('button', { name: 'Replay 2 deliveries' }))
  await page.locator('h1 .badge.ok:text("Completed")').waitFor({ timeout: REPLAYED_WITHIN_MS })
  await arrive(receiver, missed.length)
  const calls = receiver.taken.map(({ headers }) => headers['x-callingbox-call-id'])
  assert.deepEqual(new Set(calls), new Set(missed))
}

async function compareAttempts(person: Person): Promise<void> {
  const { page, service, receiver } = person
  const { id, callId } = await fail(person)
  receiver.status = 200
  await service.call('POST', `/v1/webhook_deliveries/${id}/redeliver`)
  await service.waitFor(id, { status: 'delivered' })
  await open(person, callId)
  const words = await page.locator('#compare table').innerText()
  assert.match(words, /Result\s+HTTP 503\s+delivered/)
  assert.match(words, /Trigger\s+automatic\s+by hand/)
}

/** With nothing but what the page shows, the secret, and HMAC-SHA256. */
async function verify(person: Person): Promise<void> {
  const { page, service, receiver, click } = person
  const { secret } = await createEndpoint(person)
  const callId = randomUUID()
  await service.send('call.answered', { id: callId })
  await open(person, callId, nameOf(receiver))
  await click(page.getByText('Raw, as it is sent and signed'))
  const body = await page.locator('#raw-body').innerText()
  for (const header of [
    await page.locator('#fresh-signature').innerText(),
    await page.locator('#signature').getByText('Attempt 1 was sent with').innerText(),
  ]) {
    const [, t = '', v1 = ''] = /t=(\d+),v1=([0-9a-f]{8,})/.exec(header) ?? []
    // Of one that was sent its first characters are kept.
    assert.equal(sign(secret, t, body).slice(0, v1.length || 64), v1)
  }
}

async function mend(person: Person): Promise<void> {
  const { page, service, receiver, click, type } = person
  await createEndpoint(person, { url: `${receiver.url}:mistyped` })
  receiver.status = 404
  await service.send('call.answered')
  await arrive(receiver, 1)
  receiver.status = 200
  await openEndpoint(person)
  await type(page.locator('form:has([name=description]) [name=url]'), receiver.url)
  await click(page.getByRole('button', { name: 'Save', exact: true }))
  await click(page.getByRole('button', { name: 'Change the URL' }))
  await click(page.locator('.latest .row-link'))
  await click(page.getByRole('button', { name: 'Redeliver to the present URL' }))
  await page.locator('h1 .badge.ok:text("Delivered")').waitFor({ timeout: ARRIVES_WITHIN_MS })
  assert.equal(receiver.taken.length, 2)
}

/** As is suggested: for a day both secrets sign, so a receiver that knows either of them accepts all. */
async function rotate(person: Person): Promise<void> {
  const { page, service, receiver, click } = person
  const { secret: old } = await createEndpoint(person)
  await service.send('call.answered')
  await openEndpoint(person)
  await click(page.getByRole('link', { name: 'Rotate the secret' }))
  await click(page.getByRole('button', { name: 'Rotate the secret' }))
  const present = await page.locator('#secret').innerText()
  await page.getByText('Each request has 2 signatures').waitFor()
  await service.send('call.answered')
  await arrive(receiver, 2)
  const [before, meanwhile] = receiver.taken
  assert.deepEqual(signersOf(before, { old, present }), ['old'])
  assert.deepEqual(signersOf(meanwhile, { old, present }), ['old', 'present'])
}

async function findWho(person: Person): Promise<void> {
  const { page, service } = person
  const { id } = await createEndpoint(person)
  await service.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
  await openEndpoint(person)
  await page.getByText(/^Disabled by hand on .* \(Key/).waitFor()
}

/** Which of the secrets have signed it, by name. */
function signersOf(taken: Taken | undefined, secrets: Record<string, string>): string[] {
  const header = String(taken?.headers['callingbox-signature'])
  const [, t = ''] = /t=(\d+)/.exec(header) ?? []
  const signatures = [...header.matchAll(/v1=([0-9a-f]{64})/g)].map(([, hex]) => hex)
  const names = Object.keys(secrets).filter((name) =>
    signatures.includes(sign(secrets[name] ?? '', t, taken?.body ?? '')),
  )
  assert.equal(signatures.length, names.length, 'each signature is one of theirs')
  return names
}

function sign(secret: string, t: string, body: string): string {
  return createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
}
