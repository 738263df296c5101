// What is said of deliveries and endpoints is so: each word and colour, over every state that there is.
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  badgeOf,
  isErrorEarlier,
  outOf,
  resultOf,
  type DeliveryFacts,
} from '../../src/dashboard/ui/delivery-words.ts'
import { isDisabledByUs, stateOf } from '../../src/dashboard/ui/endpoint-words.ts'
import { HAS_FAILED_LAST, lastAttemptOf } from '../../src/db/views/last-attempt.ts'
import { explainDelivery, type Explained } from '../../src/delivery/explain.ts'
import { World } from '../world.ts'

const STATUSES = ['pending', 'delivered', 'exhausted'] as const
const ERRORS = [null, 'HTTP 500', 'discarded', 'endpoint deleted', 'could not be processed']
const ANSWERS = [null, 200, 204, 301, 500]
const ENDPOINTS = [undefined, 'enabled', 'disabled', null] as const
const PARKED = [null, 'held', 'paced'] as const
const MAX = 8

/** Every combination of columns, those included that nothing leads to. */
const STATES: DeliveryFacts[] = STATUSES.flatMap((status) =>
  ERRORS.flatMap((lastError) =>
    ANSWERS.flatMap((lastResponseStatus) =>
      (status === 'pending' ? PARKED : [null]).flatMap((parkedAs) =>
        (status === 'pending' ? [false, true] : [false]).map((isManual) => ({
          status,
          isManual,
          parkedAs,
          waitingFor: null,
          lastError,
          lastResponseStatus,
        })),
      ),
    ),
  ),
)

const FRESH: DeliveryFacts = {
  status: 'pending',
  isManual: false,
  parkedAs: null,
  waitingFor: null,
  lastError: null,
  lastResponseStatus: null,
}
const FAILED = { ...FRESH, lastError: 'HTTP 500', lastResponseStatus: 500 }
const TIMED_OUT = { ...FRESH, lastError: 'no answer within 10 s' }

function isArrived({ status }: DeliveryFacts): boolean {
  return status === 'delivered'
}

/** Whether its newest failure, if it has any, is what its last attempt came to. */
function isOfLast(state: DeliveryFacts): boolean {
  return lastAttemptOf(state) !== 'succeeded' && !state.isManual
}

type EndpointStatus = (typeof ENDPOINTS)[number]

/** What is said of one whose automatic attempts are used up. */
function explained(delivery: DeliveryFacts, log: Explained['log'], status?: EndpointStatus) {
  const endpoint = status === undefined ? undefined : { status }
  return explainDelivery({
    delivery: { ...delivery, attemptCount: MAX },
    endpoint,
    log,
    maxAttempts: MAX,
  })
}

/** Whether that can be done where an endpoint is so; undefined: it is inline. */
function isPossible(next: string | undefined, status: EndpointStatus): boolean {
  if (next === 'redeliver') return status === 'enabled' || status === undefined
  if (next?.startsWith('enable')) return status === 'disabled'
  return next !== 'nothing' || status === null
}

describe('the words of a delivery', () => {
  it.each<[string, DeliveryFacts, string, string, string]>([
    ['new', FRESH, 'wait', 'Pending', '–'],
    ['failed once', FAILED, 'wait', 'Retrying', 'HTTP 500'],
    ['timed out', TIMED_OUT, 'wait', 'Retrying', 'no answer within 10 s'],
    ['held', { ...FAILED, parkedAs: 'held' }, 'wait', 'Held', 'HTTP 500'],
    ['paced', { ...FAILED, parkedAs: 'paced' }, 'wait', 'Paced', 'HTTP 500'],
    ['behind another', { ...FRESH, waitingFor: 'id' }, 'wait', 'Waiting', '–'],
    ['behind one, and held', { ...FRESH, waitingFor: 'id', parkedAs: 'held' }, 'wait', 'Held', '–'],
    ['asked for again', { ...FAILED, isManual: true }, 'wait', 'Redelivering', 'earlier: HTTP 500'],
    [
      'asked for again after it had arrived',
      { ...FAILED, isManual: true, lastResponseStatus: 200 },
      'wait',
      'Redelivering',
      'earlier: HTTP 200',
    ],
    [
      'arrived by an attempt that something had overtaken',
      { ...FAILED, lastResponseStatus: 201 },
      'wait',
      'Pending',
      'earlier: HTTP 201',
    ],
    [
      'arrived',
      { ...FRESH, status: 'delivered', lastResponseStatus: 204 },
      'ok',
      'Delivered',
      'HTTP 204',
    ],
    [
      'arrived after failures',
      { ...FAILED, status: 'delivered', lastResponseStatus: 200 },
      'ok',
      'Delivered',
      'HTTP 200',
    ],
    [
      'arrived, and an overtaken attempt failed',
      { ...FAILED, status: 'delivered' },
      'ok',
      'Delivered',
      'delivered',
    ],
    ['given up', { ...FAILED, status: 'exhausted' }, 'bad', 'Exhausted', 'HTTP 500'],
    [
      'discarded',
      { ...FAILED, status: 'exhausted', lastError: 'discarded' },
      'plain',
      'Discarded',
      'discarded',
    ],
    [
      'ended with its endpoint',
      { ...FRESH, status: 'exhausted', lastError: 'endpoint deleted' },
      'bad',
      'Exhausted',
      'endpoint deleted',
    ],
  ])('of one that is %s', (_name, facts, kind, name, result) => {
    expect(badgeOf(facts)).toEqual({ kind, name })
    const { text = '–', isEarlier = false } = resultOf(facts) ?? {}
    expect(isEarlier ? `earlier: ${text}` : text).toBe(result)
  })

  it('are green for what arrived alone, and red for what is over and did not', () => {
    const others = STATES.filter(({ status }) => status !== 'delivered')
    expect(STATES.filter((state) => badgeOf(state).kind === 'ok')).toEqual(STATES.filter(isArrived))
    const red = STATES.filter((state) => badgeOf(state).kind === 'bad')
    expect(new Set(red.map(({ status }) => status))).toEqual(new Set(['exhausted']))
    const retrying = others.filter((state) => badgeOf(state).name === 'Retrying')
    expect(new Set(retrying.map(lastAttemptOf))).toEqual(new Set(['failed']))
  })

  it('call a failure earlier wherever it is not what the last attempt came to', () => {
    expect(STATES.filter(isArrived).every(isErrorEarlier)).toBe(true)
    const waiting = STATES.filter(({ status }) => status === 'pending')
    expect(waiting.filter((state) => !isErrorEarlier(state))).toEqual(waiting.filter(isOfLast))
  })

  it.each([
    [0, 8, '0 of 8'],
    [8, 8, '8 of 8'],
    [12, 10, '12'],
  ])('write %i of %i as %s', (count, most, text) => {
    expect(outOf(count, most)).toBe(text)
  })
})

describe('what is said of a delivery', () => {
  const error = { kind: 'http_status' as const, message: 'HTTP 500' }
  const failed = { trigger: 'automatic' as const, error }
  const byHand = { trigger: 'manual' as const, error }
  const arrived = { trigger: 'automatic' as const, error: null }

  it.each<[DeliveryFacts, Explained['log'], string | undefined]>([
    [FRESH, [], undefined],
    [FAILED, [failed], 'The last attempt failed: HTTP 500.'],
    [
      { ...FAILED, isManual: true },
      [failed],
      'It was asked for again. The attempt before failed: HTTP 500.',
    ],
    [
      { ...FAILED, isManual: true, lastResponseStatus: 200 },
      [failed, arrived],
      'It was asked for again.',
    ],
    [{ ...FAILED, lastResponseStatus: 200 }, [failed, arrived], undefined],
    [
      { ...FAILED, status: 'exhausted' },
      [failed],
      'All 8 automatic attempts failed, the last with “HTTP 500”.',
    ],
    [
      { ...FAILED, status: 'exhausted' },
      [failed, byHand],
      'All 8 automatic attempts failed, and so did the last one by hand, with “HTTP 500”.',
    ],
    [
      { ...FAILED, status: 'exhausted', lastError: 'could not be processed' },
      [failed],
      'It ended with “could not be processed”.',
    ],
    [
      { ...FAILED, status: 'exhausted', lastError: 'discarded' },
      [failed],
      'It was discarded: somebody ended it without another attempt.',
    ],
    [{ ...FAILED, status: 'delivered' }, [failed, arrived], undefined],
  ])('%j after %j is %s', (delivery, log, text) => {
    expect(explained(delivery, log, 'enabled')?.text).toBe(text)
  })

  it('says that the last attempt failed only when it did, and offers only what can be done', () => {
    const lies: unknown[] = []
    for (const state of STATES) {
      for (const log of [[], [failed], [failed, arrived], [arrived, failed]]) {
        for (const status of ENDPOINTS) {
          const said = explained(state, log, status)
          const hasFailed = Boolean(log.at(-1)?.error)
          if (/last attempt failed/.test(said?.text ?? '') && !hasFailed) lies.push([state, log])
          if (!isPossible(said?.next, status)) lies.push([state, said, status])
        }
      }
    }
    expect(lies).toEqual([])
  })
})

describe('the words of an endpoint', () => {
  const CONDITIONS = ['well', 'slow', 'failing', 'trying', 'recovering'] as const

  it('are red for one that fails or was disabled by us, and for no other', () => {
    const reasons = [null, 'too_many_failures', 'disabled_by_customer', 'any']
    for (const status of ['enabled', 'disabled'] as const) {
      for (const condition of CONDITIONS) {
        for (const disabledReason of reasons) {
          const facts = { status, disabledReason }
          const isBad = status === 'enabled' ? condition === 'failing' : isDisabledByUs(facts)
          expect([facts, condition, stateOf(facts, condition).kind === 'bad']).toEqual([
            facts,
            condition,
            isBad,
          ])
        }
      }
    }
  })
})

describe('what the last attempt came to', () => {
  let world: World
  beforeEach(async () => {
    world = await World.create()
    await world.createEndpoint()
  })

  it('is the same to the database as to whoever has the row', async () => {
    const id = await world.deliver()
    const db = (await world.engine()).store.of(world.orgId)
    for (const { status, isManual, lastError, lastResponseStatus } of STATES) {
      await env.DB.prepare(
        'UPDATE deliveries SET stage = ?, is_manual = ?, last_error = ?, last_response_status = ? WHERE id = ?',
      )
        .bind(status, Number(isManual), lastError, lastResponseStatus, id)
        .run()
      const [row] = await db.all<{ failed: number }>(
        sql`SELECT ${HAS_FAILED_LAST} AS failed FROM deliveries d WHERE d.org_id = ${world.orgId}`,
      )
      const told = { status, lastError, lastResponseStatus }
      const isFailed = lastAttemptOf(told) === 'failed' && lastError !== null && !isManual
      const isDone =
        status === 'delivered' || (status === 'exhausted' && ERRORS.indexOf(lastError) > 1)
      expect([told, isManual, row?.failed]).toEqual([told, isManual, Number(isFailed && !isDone)])
    }
  })

  it('is what the log says, through failures, redeliveries and a success', async () => {
    const id = await world.deliver()
    for (const status of [500, 200, 503, 204]) {
      world.receiver.respond(status)
      if (status !== 500) await world.redeliver(id)
      await world.drain()
      const delivery = await world.delivery(id)
      const { error } = delivery.attempts.at(-1)
      const told = {
        status: delivery.status,
        lastError: delivery.last_error,
        lastResponseStatus: delivery.last_response_status,
      }
      expect(lastAttemptOf(told)).toBe(error === null ? 'succeeded' : 'failed')
    }
  })
})
