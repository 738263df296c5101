// Bugs in what an org may have and do at most.
import { bend, without, type Mutant } from './mutant.ts'

const QUOTAS = 'test/api/quotas.test.ts'
const OF_SENT = 'test/journeys/quotas.test.ts'

/** Mutants of this part. */
export const QUOTA_MUTANTS: Mutant[] = [
  bend('an org has as many keys as any other may', QUOTAS, [
    'db/account/api-keys.ts',
    "${mostSql(orgId, 'keys')}",
    '100',
  ]),
  without('asking how many endpoints were made today', QUOTAS, [
    'db/account/endpoints.ts',
    ' AND ${ofDay.hasRoom}',
    '',
  ]),
  bend('what was made on another day counts', QUOTAS, [
    'db/account/quotas.ts',
    'iif(endpoints_made_on = ${today}, endpoints_made, 0) + 1',
    'endpoints_made + 1',
  ]),
  bend('an endpoint that is refused is counted', QUOTAS, [
    'db/account/quotas.ts',
    'WHERE id = ${orgId} AND changes() > 0',
    'WHERE id = ${orgId}',
  ]),
  without('leaving quotas that are so already', QUOTAS, [
    'db/account/quotas.ts',
    " AND coalesce(quotas, '{}') <> ${patched}",
    '',
  ]),
  without('refusing an org that is over', OF_SENT, [
    'db/lifecycle/accept.ts',
    'isMetered ? sql`NOT ${isOverQuota(orgId, now)}`',
    'isMetered ? sql`true`',
  ]),
  bend('an event that is refused keeps its Idempotency-Key', OF_SENT, [
    'db/idempotency.ts',
    "u.value->'snapshot' IS NOT NULL AND ${condition}`",
    "u.value->'snapshot' IS NOT NULL`",
  ]),
  bend('an org is over for good', OF_SENT, [
    'db/quota-marks.ts',
    'AND m.until > ${now})',
    'AND m.until IS NOT NULL)',
  ]),
  without('refusing what was not stored', OF_SENT, [
    'delivery/accept.ts',
    'if (!isStored) throw refuseOver(marks, now)',
    '',
  ]),
  bend('any org is over with the one that is', OF_SENT, [
    'db/quota-marks.ts',
    'WHERE m.org_id = ${orgId} AND m.until > ${now})',
    'WHERE m.until > ${now})',
  ]),
  bend('a repetition is refused with the rest of a minute', OF_SENT, [
    'delivery/accept.ts',
    'if (refusal && !idempotency) throw refusal',
    'if (refusal) throw refusal',
  ]),
  bend('a batch counts as one event', OF_SENT, [
    'delivery/accept.ts',
    'refuseMinute(world, orgId, events.length)',
    'refuseMinute(world, orgId, 1)',
  ]),
  without('learning an org’s own figures', OF_SENT, [
    'delivery/accept.ts',
    '  learnQuotas(world.isolate, orgId, stored.marks)\n',
    '',
  ]),
  without('counting events that nobody gets', OF_SENT, [
    'db/upkeep/usage.ts',
    '${events} UNION ALL ${lone}',
    '${events}',
  ]),
  bend('each day counts as today', OF_SENT, [
    'db/upkeep/over-quota.ts',
    'FILTER (WHERE u.day = ${dayOf(now)})',
    'FILTER (WHERE u.day > 0)',
  ]),
  bend('what was sent counts as pending', OF_SENT, [
    'db/upkeep/over-quota.ts',
    'iif(s.deliveries >= s."maxPending", (${pending}), 0) AS pending',
    's.deliveries AS pending',
  ]),
  bend(
    'who may be over takes the place of who is',
    OF_SENT,
    ['db/upkeep/over-quota.ts', 'MAX_SENDERS = 2000', 'MAX_SENDERS = 500'],
    ['db/upkeep/over-quota.ts', 'OR pending >= "maxPending"', 'OR deliveries >= "maxPending"'],
  ),
  without('letting an org go on', OF_SENT, [
    'db/upkeep/over-quota.ts',
    'DELETE FROM quota_marks WHERE ${isPast} AND NOT ${isOwn}',
    'DELETE FROM quota_marks WHERE false AND ${isPast} AND NOT ${isOwn}',
  ]),
  without('forgetting days of which nothing is left', OF_SENT, [
    'delivery/upkeep/retention.ts',
    '  usage: pruneUsage,\n',
    '',
  ]),
  bend('who raises a quota waits for the cron', OF_SENT, [
    'db/account/quotas.ts',
    'DELETE FROM quota_marks WHERE org_id = ${orgId}`',
    'DELETE FROM quota_marks WHERE org_id = ${orgId} AND until IS NULL`',
  ]),
]
