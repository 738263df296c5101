// What the types of the kit promise; the compiler holds them to it.
import { describe, expectTypeOf, it } from 'vitest'
import {
  asOperational,
  expectEvent,
  verify,
  type Call,
  type EventOf,
  type EventType,
  type OperationalEvent,
  type RefusalReason,
  type Verification,
  type WebhookEvent,
  type WebhookHeaders,
} from '../../src/consumer/index.ts'

describe('the types', () => {
  it('tell a good webhook from a bad one by ok', () => {
    expectTypeOf(tellGood).toBeFunction()
  })

  it('tell the eight events apart by type', () => {
    expectTypeOf(tellType).toBeFunction()
    expectTypeOf<WebhookEvent['type']>().toEqualTypeOf<EventType>()
    expectTypeOf(expectTwo).returns.toEqualTypeOf<'call.busy' | 'call.failed'>()
    // @ts-expect-error: no such type
    expectTypeOf<EventOf<'call.transferred'>>().toBeObject()
  })

  it('tell operational events apart, each with its data', () => {
    expectTypeOf(asOperational).returns.toEqualTypeOf<OperationalEvent | undefined>()
    type Failing = Extract<OperationalEvent, { type: 'endpoint.failing' }>
    expectTypeOf<Failing['data']['endpoint']['url']>().toEqualTypeOf<string>()
  })

  it('promise no member of a call but its id', () => {
    expectTypeOf<Call['id']>().toEqualTypeOf<string>()
    expectTypeOf<Call['duration_seconds']>().toEqualTypeOf<number | null | undefined>()
    expectTypeOf<Call['of_their_own']>().toEqualTypeOf<unknown>()
  })

  it('take a body and headers as runtimes have them, and no parsed body', () => {
    expectTypeOf(call).toBeFunction()
    // As @types/node has IncomingHttpHeaders.
    type OfNode = { [name: string]: string | string[] | undefined; host?: string | undefined }
    expectTypeOf<OfNode>().toExtend<WebhookHeaders>()
  })
})

function tellGood(verification: Verification) {
  if (verification.ok) expectTypeOf(verification.event).toEqualTypeOf<WebhookEvent>()
  else expectTypeOf(verification.reason).toEqualTypeOf<RefusalReason>()
  // @ts-expect-error: there may be none
  return verification.event
}

function tellType(event: WebhookEvent) {
  if (event.type === 'call.busy') expectTypeOf(event).toEqualTypeOf<EventOf<'call.busy'>>()
  // @ts-expect-error: no such type
  return event.type === 'call.transferred'
}

function expectTwo(verification: Verification) {
  return expectEvent(verification, 'call.busy', 'call.failed').type
}

async function call() {
  await verify('', {}, '')
  await verify(new Uint8Array(), new Headers(), ['', ''])
  await verify(new ArrayBuffer(1), new Map<string, string>(), '', { toleranceSeconds: 1 })
  // @ts-expect-error: a parsed body
  await verify({ id: '' }, {}, '')
  // @ts-expect-error: an option that is none
  await verify('', {}, '', { tolerance: 1 })
}
