// Handling each event once, and the event that has to be there.
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES as SENT_TYPES } from '../../src/webhook/event-types.ts'
import { EVENT_TYPES, expectEvent, once, recentIds, verify } from '../../src/consumer/index.ts'
import { WebhookRefused } from '../../src/consumer/index.ts'
import { NOW_S, SECRET, sign, STRANGER } from './signed.ts'

const EVENT = { id: 'one' }

describe('once', () => {
  it('handles an event, and no other with its id', async () => {
    const handle = once(new Set())
    const handled: string[] = []
    const arrive = (id: string) => handle({ id }, () => handled.push(id))
    expect([await arrive('one'), await arrive('two'), await arrive('one')]).toEqual([
      'handled',
      'handled',
      'duplicate',
    ])
    expect(handled).toEqual(['one', 'two'])
  })

  it('handles an event again whose handling failed', async () => {
    const ids = new Set<string>()
    const handle = once(ids)
    await expect(handle(EVENT, () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(ids.size).toBe(0)
    expect(await handle(EVENT, () => undefined)).toBe('handled')
  })

  it.each([true, false])('shares what becomes of one under way: well %s', async (isWell) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const handle = once(new Set())
    const both = [handle(EVENT, () => promise), handle(EVENT, () => expect.unreachable())]
    if (isWell) resolve()
    else reject(new Error('down'))
    const settled = await Promise.allSettled(both)
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : one.status))).toEqual(
      isWell ? ['handled', 'duplicate'] : ['rejected', 'rejected'],
    )
    expect(await handle(EVENT, () => undefined)).toBe(isWell ? 'duplicate' : 'handled')
  })

  it('waits for ids that are kept elsewhere', async () => {
    const ids = new Set<string>()
    const store = {
      has: (id: string) => Promise.resolve(ids.has(id)),
      add: (id: string) => Promise.resolve(ids.add(id)),
    }
    const handle = once(store)
    expect(await handle(EVENT, () => undefined)).toBe('handled')
    expect(await handle(EVENT, () => expect.unreachable())).toBe('duplicate')
  })
})

describe('recentIds', () => {
  it('forgets the oldest of more than its limit', () => {
    const ids = recentIds(2)
    for (const id of ['one', 'two', 'two', 'three']) void ids.add(id)
    expect(['one', 'two', 'three'].map((id) => ids.has(id))).toEqual([false, true, true])
  })
})

describe('expectEvent', () => {
  it('answers the event of a good webhook, of any type or of those named', async () => {
    const { body, headers } = await sign()
    const verification = await verify(body, headers, SECRET, { nowMs: NOW_S * 1000 })
    expect(expectEvent(verification)).toEqual(JSON.parse(body))
    expect(expectEvent(verification, 'call.failed', 'call.completed').type).toBe('call.completed')
  })

  it('throws why there is none', async () => {
    const { body, headers } = await sign()
    const good = await verify(body, headers, SECRET, { nowMs: NOW_S * 1000 })
    const bad = await verify(body, headers, STRANGER, { nowMs: NOW_S * 1000 })
    expect(() => expectEvent(bad)).toThrow(WebhookRefused)
    expect(() => expectEvent(bad)).toThrow(expect.objectContaining({ reason: 'wrong_secret' }))
    expect(() => expectEvent(good, 'call.busy')).toThrow(
      expect.objectContaining({ reason: 'unexpected_type' }),
    )
  })
})

describe('EVENT_TYPES', () => {
  it('are those that are sent', () => {
    expect(EVENT_TYPES).toEqual(SENT_TYPES)
  })
})
