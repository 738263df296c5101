// Requests that arrive together at the running Worker, bundled as it is deployed: each is a context of its own.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildBundle } from './harness/bundle.ts'
import { makeEvent, sendEvent } from './harness/service.ts'
import { openStage, type Stage, type Tenant } from './harness/stage.ts'

const START = { timeout: 120_000 }

/** D1 is so far away, in ms: whoever comes within it finds a transaction under way. */
const DISTANCE_MS = 300

let directory: string
let stage: Stage
let tenant: Tenant

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'callingbox-together-'))
  const modules = await buildBundle(join(directory, 'bundle'), 'test/bench/worker/index.ts')
  stage = await openStage(modules, directory)
  tenant = await stage.addTenant('one', 1)
  await sendEvent(stage.client, tenant)
  await stage.control(`latency?ms=${DISTANCE_MS}`)
}, START.timeout)

afterAll(async () => {
  await stage.close()
  await rm(directory, { recursive: true, force: true })
})

/** Sends an event and hangs up when it has surely begun. */
async function sendAndHangUp(callId: string): Promise<void> {
  const sent = request(new URL('/v1/events', stage.runtime.address.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${tenant.key}`, 'Content-Type': 'application/json' },
  })
  sent.on('error', () => {})
  sent.end(JSON.stringify(makeEvent(callId)))
  await sleep(DISTANCE_MS / 3)
  sent.destroy()
}

async function countCalls(...callIds: string[]): Promise<number> {
  const [row] = await stage.sql(
    'SELECT count(*) AS n FROM events WHERE listed_under IN (SELECT value FROM json_each(?))',
    JSON.stringify(callIds),
  )
  return Number(row?.['n'])
}

describe('requests that arrive together', () => {
  it('are answered each in its own context, from few transactions', START, async () => {
    await stage.readMeter()
    const callIds = Array.from({ length: 60 }, () => randomUUID())
    const accepted = await Promise.all(callIds.map((id) => sendEvent(stage.client, tenant, id)))
    expect(new Set(accepted.flatMap(({ deliveries }) => deliveries)).size).toBe(60)
    await stage.receiver.takeUntil(60, START.timeout)
    await stage.settle()
    const { database, sent } = await stage.readMeter()
    // Few transactions store them, few record what came of their first attempts; no message is sent.
    expect(database.fetch.roundTrips).toBeLessThanOrEqual(4 + 8)
    expect(sent).toBe(0)
    expect(await countCalls(...callIds)).toBe(60)
  })

  it(
    'are stored, whoever of them hangs up: the first, the one that leads, one that is led',
    START,
    async () => {
      const gone = [randomUUID(), randomUUID(), randomUUID()]
      const stay = [randomUUID(), randomUUID(), randomUUID()]
      const [first = '', leader = '', led = ''] = gone
      const hungUp = [sendAndHangUp(first)]
      await sleep(20)
      hungUp.push(sendAndHangUp(leader))
      await sleep(20)
      hungUp.push(sendAndHangUp(led))
      const answers = stay.map((id) => sendEvent(stage.client, tenant, id))
      const deliveries = (await Promise.all(answers)).flatMap((one) => one.deliveries)
      expect(deliveries).toHaveLength(3)
      await Promise.all(hungUp)
      expect(await countCalls(...gone, ...stay)).toBe(6)
    },
  )
})
