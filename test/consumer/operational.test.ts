// Operational events as the kit takes them: verified as any other, and told apart.
import { describe, expect, it } from 'vitest'
import { asOperational, OPERATIONAL_TYPES, verify } from '../../src/consumer/index.ts'
import { OPERATIONAL, OPERATIONAL_TYPES as SENT_TYPES } from '../../src/webhook/event-types.ts'
import { composeBody } from '../../src/webhook/request.ts'
import { sampleData } from '../../src/webhook/sample-data.ts'
import { AT, CALL_ID, ID, NOW_S, SECRET, sign, signBody } from './signed.ts'

const about = { id: ID, created: NOW_S, apiVersion: '2026-04', callId: OPERATIONAL }

describe('OPERATIONAL_TYPES', () => {
  it('are those that are sent', () => {
    expect(OPERATIONAL_TYPES).toEqual(SENT_TYPES)
  })
})

describe('asOperational', () => {
  it.each(SENT_TYPES)('answers a verified %s', async (type) => {
    const call = JSON.stringify(sampleData(type, CALL_ID))
    const { body, headers } = await signBody(composeBody({ ...about, type, call }), { type })
    const verified = await verify(body, headers, SECRET, AT)
    expect(verified).toMatchObject({ ok: true })
    expect(verified.ok && asOperational(verified.event)).toEqual(JSON.parse(body))
  })

  it('answers nothing of an event about a call', async () => {
    const { body, headers } = await sign()
    const verified = await verify(body, headers, SECRET, AT)
    expect(verified.ok && asOperational(verified.event)).toBeUndefined()
  })
})
