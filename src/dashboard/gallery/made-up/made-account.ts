// Made-up keys, sessions, quotas and a made-up audit log.
import type { ApiKey } from '../../../db/account/api-keys.ts'
import type { QuotaUse } from '../../../db/account/quotas.ts'
import type { OpenSession } from '../../../db/account/sessions.ts'
import { idOfSide } from '../../../db/sides.ts'
import type { AuditEntry } from '../../../db/views/audit-log.ts'
import { ENDPOINT_ID } from './made-deliveries.ts'
import { HOSTILE, LONG_NAME, UNBROKEN } from './made-texts.ts'

const DAY_MS = 86_400_000

const ORG_ID = '0199ab12-0000-7000-8000-00000000000a'

/** The key that a session was opened with, and one in each other state. */
export function makeKeys(now: number): ApiKey[] {
  const states: Partial<ApiKey>[] = [
    { name: 'Production' },
    { name: LONG_NAME, lastUsedAt: null, scopes: ['send', 'read', 'operate'] },
    { name: HOSTILE, expiresAt: now + DAY_MS },
    { name: UNBROKEN, expiresAt: now - DAY_MS },
    { name: 'Old', revokedAt: now - DAY_MS },
    { name: 'Tests', orgId: idOfSide(ORG_ID, 'test') },
  ]
  return states.map((told, place) =>
    Object.assign(
      {
        publicId: `ab12cd3${place}`,
        id: `0199ab12-7777-7000-8000-00000000000${place}`,
        orgId: ORG_ID,
        name: '',
        keyHash: '',
        createdAt: now - 30 * DAY_MS,
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: now - DAY_MS,
        scopes: null,
      },
      told,
    ),
  )
}

/** Sessions of a key and of links. */
export function makeSessions(now: number): OpenSession[] {
  const states = [
    { opener: 'ab12cd30', scopes: null },
    { opener: 'link:0199ab12-9999-7000-8000-000000000001', scopes: ['read', 'operate'] },
    { opener: UNBROKEN, scopes: [] },
  ]
  return states.map((told, place) =>
    Object.assign(
      {
        id: `session-${place}`,
        createdAt: now - DAY_MS / 4,
        expiresAt: now + DAY_MS / 4,
      },
      told,
    ),
  )
}

/** One entry of each kind of actor and target. */
export function makeAuditLog(now: number): AuditEntry[] {
  const states: Partial<AuditEntry>[] = [
    { action: 'endpoint.create' },
    { action: 'endpoint.disable', actor: 'system', ip: null },
    { action: 'endpoint.rotate_secret', actor: 'dashboard:ab12cd34' },
    { action: 'org.create', actor: 'admin', targetType: 'org' },
    { action: 'delivery.redeliver', targetType: 'delivery', actor: HOSTILE },
    {
      action: 'replay.start',
      targetType: 'replay',
      ip: '2606:4700:3034:0000:0000:0000:ac43:bc3e',
      details: JSON.stringify({ reason: HOSTILE, filter: UNBROKEN }),
    },
  ]
  return states.map((told, place) =>
    Object.assign(
      {
        orgId: ORG_ID,
        id: `0199ab12-8888-7000-8000-00000000000${place}`,
        actor: 'ab12cd34',
        action: '',
        targetType: 'endpoint',
        targetId: ENDPOINT_ID,
        ip: '203.0.113.7',
        requestId: 'made-up',
        details: '{}',
        at: now - place * DAY_MS,
      },
      told,
    ),
  )
}

/** Each quota: hardly used, nearly used up, used up, and one that nobody keeps. */
export function makeQuotas(): QuotaUse[] {
  return [
    { quota: 'events_per_minute', most: 60_000, isOwn: false, used: null, isOver: false },
    { quota: 'events_per_day', most: 86_400_000, isOwn: false, used: 86_400_001, isOver: true },
    { quota: 'stored_bytes', most: 8e9, isOwn: false, used: 6.6e9, isOver: false },
    { quota: 'keys', most: 100, isOwn: false, used: 3, isOver: false },
    { quota: 'endpoints_per_day', most: 1, isOwn: true, used: 1, isOver: false },
    { quota: 'pending_deliveries', most: 4e6, isOwn: false, used: 0, isOver: false },
  ]
}
