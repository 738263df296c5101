// What is taken out of the code, or bent, to see whether the simulation notices.

/** One change: in a file under `src/`, a text that is there exactly once becomes another. */
export type Edit = [file: string, text: string, replacement: string]

/** A mutation of the code, and the invariant that has to notice. */
export type Mutation = { name: string; invariant: string; edits: Edit[] }

/** What fences off an outcome that comes too late. */
const VERSION_HOLDS = "AND d.version = ${ref}->>'version'"

/** The seven things on which the promises rest. */
export const REMOVALS: Mutation[] = [
  without('the lease', 'A3', [
    'delivery/engine.ts',
    'export const LEASE_MS = 120_000',
    'export const LEASE_MS = 0',
  ]),
  without('the fence', 'A6', ['db/engine/attempts.ts', VERSION_HOLDS, '']),
  without('the attempt cap', 'A1', [
    'delivery/attempt/backoff.ts',
    'return retryScheduleMs.length + 1',
    'return retryScheduleMs.length + 1000',
  ]),
  without('the sweep', 'D2', [
    'delivery/sweep.ts',
    'const MAX_ROUNDS = 20',
    'const MAX_ROUNDS = 0',
  ]),
  without('the idempotency key', 'D6', [
    'db/idempotency.ts',
    'return sql`EXISTS (SELECT 1 FROM idempotency_keys WHERE org_id = ${orgId}',
    'return sql`true OR EXISTS (SELECT 1 FROM idempotency_keys WHERE org_id = ${orgId}',
  ]),
  without('compare-and-set on the failure counter', 'C1', [
    'db/engine/attempts.ts',
    'tallyByEndpoint(outcomes, isCurrent(sql`a.value`))',
    "tallyByEndpoint(outcomes, sql`d.id = a.value->>'id'`)",
  ]),
  without('delivery before message', 'D1', [
    'delivery/accept.ts',
    'const { deliveries, record } = await storeEvents(engine.db, {',
    `const early = events.map(({ id }) => ({ orgId, id: id.slice(0, -1) + '1', version: 1 }))
  await enqueue(engine, 'fresh', early)
  const { deliveries, record } = await storeEvents(engine.db, {`,
  ]),
]

/** For every other invariant, something that only it guards: a check that cannot fail proves nothing. */
export const BENDS: Mutation[] = [
  without('enabling tells the sweep', 'D3', [
    'db/account/endpoints.ts',
    '      backlogAt: now,\n',
    '',
  ]),
  bend('what is due is taken ten minutes late', 'D4', [
    'db/engine/sweep.ts',
    'AND (p.sweep_at <= ${now} OR',
    'AND (p.sweep_at <= ${now - 600_000} OR',
  ]),
  without('sending again what was lost', 'D5', [
    'db/engine/sweep.ts',
    'AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND ep.pace IS NULL))',
    'AND p.sweep_at = p.next_attempt_at AND ep.pace IS NULL',
  ]),
  bend('disabled endpoints get new events', 'D7', [
    'db/records/events.ts',
    "WHERE ep.org_id = ${orgId} AND ep.deleted_at IS NULL AND ep.status = 'enabled'",
    'WHERE ep.org_id = ${orgId} AND ep.deleted_at IS NULL',
  ]),
  bend('requests are numbered without manual ones', 'A2', [
    'delivery/attempt/attempt.ts',
    'attempt: delivery.attemptsMade + 1 }',
    'attempt: delivery.attemptCount + 1 }',
  ]),
  bend('an attempt uses up two', 'A4', [
    'delivery/attempt/decide.ts',
    'delivery.attemptCount + (delivery.isManual ? 0 : 1)',
    'delivery.attemptCount + (delivery.isManual ? 0 : 2)',
  ]),
  bend('retries may be early', 'A5', [
    'delivery/consume.ts',
    'const EARLY_TOLERANCE_MS = 1000',
    'const EARLY_TOLERANCE_MS = 1_000_000',
  ]),
  bend('a redirect is a success', 'A7', [
    'delivery/attempt/outcome.ts',
    'outcome.status <= 299',
    'outcome.status <= 399',
  ]),
  bend(
    'what is finished may be sent',
    'A8',
    [
      'db/engine/attempts.ts',
      'return sql`version = d.version + 1, attempt_count',
      'return sql`version = d.version, attempt_count',
    ],
    [
      'db/engine/attempts.ts',
      "AND d.status = 'pending' AND d.id = ${ref}->>'id'",
      "AND d.id = ${ref}->>'id'",
    ],
  ),
  bend('a redelivery delivers', 'S1', [
    'db/records/deliveries.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'delivered', version = version + 1, is_manual = 1,",
  ]),
  bend(
    'a stale failure takes back a success',
    'S2',
    [
      'db/engine/attempts.ts',
      "AND d.status = 'pending' AND d.id = ${ref}->>'id'",
      "AND d.id = ${ref}->>'id'",
    ],
    ['db/engine/attempts.ts', VERSION_HOLDS, ''],
  ),
  bend('a redelivery is refused after it was made', 'S3', [
    'delivery/redeliver.ts',
    'if (!delivery.redeliverTokens.includes(token)) throw refusal(endpoint)',
    'throw refusal(endpoint)',
  ]),
  bend('a redelivery counts twice', 'S4', [
    'db/records/deliveries.ts',
    'manual_retry_count = manual_retry_count + 1',
    'manual_retry_count = manual_retry_count + 2',
  ]),
  bend('a redelivery does not fence off what is in flight', 'S5', [
    'db/records/deliveries.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'pending', is_manual = 1,",
  ]),
  bend('an endpoint is disabled one too late', 'C2', [
    'db/engine/endpoint-health.ts',
    '${failures} >= ${disableAfterExhausted})`',
    '${failures} > ${disableAfterExhausted})`',
  ]),
  without('a success zeroing the counter', 'C3', [
    'db/engine/endpoint-health.ts',
    'CASE WHEN n.succeeded THEN 0 ELSE ep.consecutive_failures END + n.exhausted',
    'ep.consecutive_failures + n.exhausted',
  ]),
  without('enabling zeroing the counter', 'C4', [
    'db/account/endpoints.ts',
    '      consecutiveFailures: 0,\n',
    '',
  ]),
  bend('disabled endpoints are sent to', 'C5', [
    'delivery/consume.ts',
    "delivery.endpointStatus === 'disabled'",
    "delivery.endpointStatus === 'switched off'",
  ]),
  bend('manual failures count', 'C6', [
    'delivery/attempt/decide.ts',
    'countsAsFailure: !delivery.isManual',
    'countsAsFailure: true',
  ]),
  bend('the body names the call', 'P1', [
    'delivery/attempt/attempt.ts',
    'composeBody({ ...delivery, type: delivery.eventType })',
    'composeBody({ ...delivery, id: delivery.callId, type: delivery.eventType })',
  ]),
  bend('the body tells when it was sent', 'P2', [
    'delivery/attempt/attempt.ts',
    'composeBody({ ...delivery, type: delivery.eventType })',
    'composeBody({ ...delivery, created: startedAt, type: delivery.eventType })',
  ]),
  bend('the call is parsed on its way', 'P3', [
    'webhook/request.ts',
    '"data":{"call":${call}}}`',
    '"data":{"call":${JSON.stringify(JSON.parse(call))}}}`',
  ]),
  bend('only the newest secret signs', 'P4', [
    'webhook/signature.ts',
    'const { id, timestampS, body, keys } = webhook',
    'const { id, timestampS, body } = webhook\n  const keys = webhook.keys.slice(0, 1)',
  ]),
  bend('it is signed as of its creation', 'P5', [
    'delivery/attempt/attempt.ts',
    'Math.floor(startedAt / 1000)',
    'delivery.created',
  ]),
  bend('a repeated rotation expires its own secret', 'P6', [
    'db/account/secrets.ts',
    'AND ${isNew} AND ${condition}`',
    'AND ${condition}`',
  ]),
]

function without(name: string, invariant: string, ...edits: Edit[]): Mutation {
  return { name: `without ${name}`, invariant, edits }
}

function bend(name: string, invariant: string, ...edits: Edit[]): Mutation {
  return { name, invariant, edits }
}
