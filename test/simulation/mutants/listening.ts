// Bugs in listening: what is offered, to whom, for how long, and what becomes of what is told.
import { bend, without, type Mutant } from './mutant.ts'

const LISTEN = 'db/lifecycle/listen.ts'
const RECOVERY = 'db/lifecycle/recovery.ts'
const OFFER = 'delivery/attempt/offer.ts'

/** Mutants of this room. */
export const LISTENING: Mutant[] = [
  bend('what is listened to is attempted', 'A9', [
    'delivery/triage.ts',
    " || delivery.url === LISTEN_URL) return { kind: 'hold' }",
    ") return { kind: 'hold' }",
  ]),
  bend('what is listened to is held while it is disabled only', 'A9', [
    'db/lifecycle/hold.ts',
    "(ep.status = 'disabled' OR d.url = ${LISTEN_URL} OR",
    "(ep.status = 'disabled' OR",
  ]),
  bend('the sweep sends what is listened to', 'T1', [
    'db/lifecycle/turns.ts',
    ' OR d.url = ${LISTEN_URL} AS is_to_park',
    ' AS is_to_park',
  ]),
  bend('what is listened to is paced by the sweep', 'test/listen/listen.test.ts', [
    RECOVERY,
    "AND ep.status = 'enabled'\n      AND ${IS_SENT_TO} AND ${HAS_PARKED}",
    "AND ep.status = 'enabled'\n      AND ${HAS_PARKED}",
  ]),
  bend('what is listened to is paced by its own success', 'C7', [
    RECOVERY,
    '${now - PACE_AFTER_MS} AND ${IS_SENT_TO})`',
    '${now - PACE_AFTER_MS})`',
  ]),
  bend('enabling paces what is listened to', 'C8', [
    'db/account/endpoint-changes.ts',
    '(${endpoints.url} = ${LISTEN_URL}\n      OR ',
    '(',
  ]),
  bend('retries are offered before their time', 'A5', [
    LISTEN,
    '\n    AND p.next_attempt_at <= ${now}`',
    '`',
  ]),
  bend('an offer is left to its listener for hours', 'H1', [
    'delivery/listen.ts',
    'world.config.attemptTimeoutMs + ANSWER_MS',
    'world.config.attemptTimeoutMs + 400 * ANSWER_MS',
  ]),
  without('offering again what another has not answered', 'test/listen/listen.test.ts', [
    LISTEN,
    'UPDATE deliveries SET sweep_at = NULL WHERE',
    'UPDATE deliveries SET sweep_at = NULL WHERE false AND',
  ]),
  without('asking who listens before it takes', 'H1', [
    LISTEN,
    '${isListenedTo(one)} AND ep.listener = ${one.listener} AND ${isOffered(now)}',
    '${isListenedTo(one)} AND ${isOffered(now)}',
  ]),
  without('asking whether it was disabled just now', 'C5', [
    'delivery/listen.ts',
    "endpointStatus === 'enabled' && stoppedBy(url, stops) === undefined",
    'stoppedBy(url, stops) === undefined',
  ]),
  bend(
    'what is told twice is another attempt',
    'A2',
    [
      OFFER,
      'conclude(world, delivery, begun, toOutcome(told), endedAt)',
      'conclude(world, delivery, { ...begun, attemptId: newAttemptId(begun.startedAt) }, toOutcome(told), endedAt)',
    ],
    [
      OFFER,
      'import type { DeliveryToSend }',
      "import { newAttemptId } from '../../db/ids.ts'\nimport type { DeliveryToSend }",
    ],
  ),
  bend('an attempt ends when it is told', 'A9', [
    OFFER,
    'Math.min(begun.startedAt + told.durationMs, world.now())',
    'world.now()',
  ]),
  bend('a slow answer that is told is well', 'C7', [
    OFFER,
    'record.isWell && told.durationMs <= SLOW_MS',
    'record.isWell',
  ]),
  bend('a stream offers all that there is', 'test/listen/listen.test.ts', [
    'delivery/listen.ts',
    'MAX_UNANSWERED - unanswered.length',
    'MAX_UNANSWERED',
  ]),
  bend('a token opens for any endpoint of the org', 'test/listen/listen.test.ts', [
    OFFER,
    "{ orgId, ownerId: endpointId, secretId: 'offer' }",
    "{ orgId, ownerId: orgId, secretId: 'offer' }",
  ]),
  bend('who was replaced goes on', 'test/listen/listen.test.ts', [
    LISTEN,
    "row.listener === one.listener ? 'listening' : 'replaced'",
    "'listening'",
  ]),
  bend('an endpoint with a URL can be listened to', 'test/listen/listen.test.ts', [
    LISTEN,
    'AND ep.id = ${endpointId} AND ep.url = ${LISTEN_URL}`',
    'AND ep.id = ${endpointId}`',
  ]),
  bend('nobody removes what nobody listens to', 'test/listen/upkeep.test.ts', [
    LISTEN,
    'WHERE ep.listener < ${lowestIdAt(before)} AND NOT',
    'WHERE ep.listener < ${lowestIdAt(0)} AND NOT',
  ]),
  without('asking again whether anybody listens', 'test/listen/upkeep.test.ts', [
    LISTEN,
    'deleteEndpoint(db, actor, endpointId, now, isUnheard)',
    'deleteEndpoint(db, actor, endpointId, now)',
  ]),
  bend('any number may be listened to', 'test/listen/endpoints.test.ts', [
    'db/account/endpoints.ts',
    'OR count(listener) < ${MAX_LISTENED_TO}',
    'OR count(listener) < 1000',
  ]),
  bend('the URL of what is listened to may be changed', 'test/listen/endpoints.test.ts', [
    'account/endpoints.ts',
    'if (current.url === LISTEN_URL) throw',
    'if (current.url === host) throw',
  ]),
]
