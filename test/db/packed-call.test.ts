// A call is stored in less room than it came in, and given back as it came.
import { assert, property, string, uuid } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG_CALL_BYTES, packCall, unpackCall } from '../../src/db/packed-call.ts'

const ID = '4F6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10'

/** One with members that the reference has, of half a kilobyte. */
const PUBLISHED = {
  id: ID,
  to_number: '+14155550100',
  from_number: '+14155550199',
  status: 'completed',
  direction: 'outbound',
  prompt: 'Confirm the appointment on Tuesday at ten.',
  language: 'en-US',
  result: { confirmed: true },
  result_status: 'ok',
  created_at: '2026-04-15T14:28:11Z',
  started_at: '2026-04-15T14:28:14Z',
  answered_at: '2026-04-15T14:28:20Z',
  ended_at: '2026-04-15T14:30:50Z',
  duration_seconds: 150,
  billed_duration_seconds: 180,
  billing_amount_milli_cents: 27_000,
  metadata: { customer: 'cus_51Hq' },
}

/** A call with a member of random text, which no dictionary knows. */
function callWith(text: string): string {
  return JSON.stringify({ id: ID, 'to_number ': '+1', note: text, tools: [1.0, null] })
}

describe('a call', () => {
  it('is given back as it was sent, whatever is in it (P3)', () => {
    assert(
      property(string({ unit: 'grapheme', maxLength: 500 }), uuid(), (text, id) => {
        const call = callWith(text)
        expect(unpackCall(packCall(call, id), id)).toBe(call)
      }),
    )
  })

  it('is never longer than it was sent, and one that is published less than half', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 300 }), (text) => {
        const call = `{"a":${JSON.stringify(text.toWellFormed())}}`
        expect(packCall(call, ID).length).toBeLessThanOrEqual(call.length)
      }),
    )
    const call = JSON.stringify(PUBLISHED)
    expect(packCall(call, ID).length).toBeLessThan(call.length / 2)
  })

  it('is stored as it is when it is long: whoever reads many at once counts on it', () => {
    const room = LONG_CALL_BYTES - callWith('').length
    expect(packCall(callWith('é'.repeat(room / 2)), ID)).toMatch(/^1/)
    const long = callWith('é'.repeat(room / 2 + 1))
    expect(packCall(long, ID)).toBe(long)
  })

  it.each(['1', '1!', '1AAAA', '1eJwr', `1${btoa('x'.repeat(100))}`])(
    'that has become %j is told from one that reads',
    (stored) => {
      expect(unpackCall(stored, ID)).toBeNull()
    },
  )

  it('that is packed for one id is no other’s', () => {
    const call = callWith('')
    expect(unpackCall(packCall(call, ID), ID.toLowerCase())).not.toBe(call)
  })
})
