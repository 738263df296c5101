// Bugs in one attempt: what is sent, how its outcome is read, and what is decided.
import { bend, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const ATTEMPT: Mutant[] = [
  bend('requests are numbered without manual ones', 'A2', [
    'delivery/attempt/prepare.ts',
    'attempt: delivery.attemptsMade + 1 }',
    'attempt: delivery.attemptCount + 1 }',
  ]),
  bend('an attempt uses up two', 'test/delivery/attempt/decide.test.ts', [
    'delivery/attempt/decide.ts',
    'delivery.attemptCount + (delivery.isManual ? 0 : 1)',
    'delivery.attemptCount + (delivery.isManual ? 0 : 2)',
  ]),
  bend('a redirect is a success', 'A7', [
    'delivery/send/outcome.ts',
    'outcome.status <= 299',
    'outcome.status <= 399',
  ]),
  bend('manual failures count', 'C6', [
    'delivery/attempt/decide.ts',
    'countsAsFailure: !delivery.isManual',
    'countsAsFailure: true',
  ]),
  bend('the body names the call', 'P1', [
    'delivery/attempt/prepare.ts',
    'composeBody({ ...delivery, type: delivery.eventType, call })',
    'composeBody({ ...delivery, id: delivery.callId, type: delivery.eventType, call })',
  ]),
  bend('the body tells when it was sent', 'P2', [
    'delivery/attempt/prepare.ts',
    'composeBody({ ...delivery, type: delivery.eventType, call })',
    'composeBody({ ...delivery, created: startedAt, type: delivery.eventType, call })',
  ]),
  bend('the call is parsed on its way', 'P3', [
    'webhook/request.ts',
    '`{"call":${call}}`',
    '`{"call":${JSON.stringify(JSON.parse(call))}}`',
  ]),
  bend('only the newest secret signs', 'P4', [
    'webhook/signature.ts',
    'const { id, timestampS, body, keys } = webhook',
    'const { id, timestampS, body } = webhook\n  const keys = webhook.keys.slice(0, 1)',
  ]),
  bend('it is signed as of its creation', 'P5', [
    'delivery/attempt/prepare.ts',
    'Math.floor(startedAt / 1000)',
    'delivery.created',
  ]),
  bend('a host name may be too long', 'test/webhook/target.test.ts', [
    'webhook/target.ts',
    'const MAX_HOST_LENGTH = 253',
    'const MAX_HOST_LENGTH = 254',
  ]),
  bend('a year that is fifty ahead is in the past', 'test/delivery/send/retry-after.test.ts', [
    'delivery/send/retry-after.ts',
    'inThisCentury > thisYear + MAX_YEARS_AHEAD',
    'inThisCentury >= thisYear + MAX_YEARS_AHEAD',
  ]),
  bend(
    'attempts start until there is no time for their answers',
    'test/delivery/attempt/pool.test.ts',
    ['delivery/attempt/window.ts', 'LOOKUP_TIMEOUT_MS - attemptTimeoutMs', 'LOOKUP_TIMEOUT_MS'],
  ),
]
