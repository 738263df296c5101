// Bugs in the SQL of endpoints and secrets.
import { bend, without, type Mutant } from './mutant.ts'

const ADMIN = 'test/api/admin.test.ts'
const PATCH = 'test/api/patch.test.ts'

/** Mutants of this room. */
export const ACCOUNT: Mutant[] = [
  without('enabling tells the sweep', 'D3', [
    'db/account/endpoints.ts',
    '      sweepAt: sql`iif(${isWell}, ${endpoints.sweepAt}, ${now})`,\n',
    '',
  ]),
  without('enabling zeroing the counter', 'C4', [
    'db/account/endpoints.ts',
    '      consecutiveFailures: 0,\n',
    '',
  ]),
  bend('a repeated rotation expires its own secret', 'P6', [
    'db/account/secrets.ts',
    'AND id <> ${id} AND ${hasToEnd}',
    'AND ${hasToEnd}',
  ]),
  bend('disabling again moves when it was', PATCH, [
    'db/account/endpoints.ts',
    'disabledAt: sql`coalesce(${endpoints.disabledAt}, ${now})`',
    'disabledAt: now',
  ]),
  bend('disabling again moves why it was', PATCH, [
    'db/account/endpoints.ts',
    "disabledReason: sql`coalesce(${endpoints.disabledReason}, 'disabled_by_customer')`",
    "disabledReason: 'disabled_by_customer'",
  ]),
  bend('enabling paces one that is well', PATCH, [
    'db/account/endpoints.ts',
    'pace: sql`iif(${isWell}, ${endpoints.pace}, 1)`',
    'pace: 1',
  ]),
  bend('enabling begins a recovery of one that is well', PATCH, [
    'db/account/endpoints.ts',
    'sweepAt: sql`iif(${isWell}, ${endpoints.sweepAt}, ${now})`',
    'sweepAt: now',
  ]),
  bend('failures in a row are well', PATCH, [
    'db/account/endpoints.ts',
    "= 'enabled' AND ${endpoints.consecutiveFailures} = 0`",
    "= 'enabled'`",
  ]),
  bend('a use touches every key', ADMIN, [
    'db/account/api-keys.ts',
    '.where(and(eq(apiKeys.publicId, publicId), isLater))',
    '.where(isLater)',
  ]),
  bend('keys are listed newest first', ADMIN, [
    'db/account/api-keys.ts',
    '.orderBy(asc(apiKeys.id))',
    '.orderBy(sql`id DESC`)',
  ]),
  bend('orgs are listed newest first', ADMIN, [
    'db/account/orgs.ts',
    '.orderBy(asc(orgs.id))',
    '.orderBy(sql`id DESC`)',
  ]),
  bend('a deleted endpoint has no description', 'test/journeys/deleted-endpoints.test.ts', [
    'db/lifecycle/delete-endpoint.ts',
    'SELECT ep.org_id, ep.id, ep.description,',
    'SELECT ep.org_id, ep.id, NULL,',
  ]),
  bend('a host that is seen again is as old as before', 'test/security/targets/own-hosts.test.ts', [
    'db/account/own-hosts.ts',
    'set: { seenAt: sql`max(seen_at, ${now})` } })',
    'set: { seenAt: sql`seen_at` } })',
  ]),
]
