// Bugs in the SQL of endpoints and secrets.
import { bend, without, type Mutant } from './mutant.ts'

const ORGS = 'test/api/orgs.test.ts'
const ADMIN = 'test/api/admin.test.ts'
const PATCH = 'test/api/patch.test.ts'

/** Mutants of this room. */
export const ACCOUNT: Mutant[] = [
  without('enabling tells the sweep', 'D3', [
    'db/account/endpoint-changes.ts',
    '      sweepAt: sql`iif(${isWell}, ${endpoints.sweepAt}, ${now})`,\n',
    '',
  ]),
  without('enabling zeroing the counter', 'C4', [
    'db/account/endpoint-changes.ts',
    '      consecutiveFailures: 0,\n',
    '',
  ]),
  bend('a repeated rotation expires its own secret', 'P6', [
    'db/account/secrets.ts',
    'AND id <> ${id} AND ${hasToEnd}',
    'AND ${hasToEnd}',
  ]),
  bend('disabling again moves when it was', PATCH, [
    'db/account/endpoint-changes.ts',
    'disabledAt: sql`coalesce(${endpoints.disabledAt}, ${now})`',
    'disabledAt: now',
  ]),
  bend('disabling again moves why it was', PATCH, [
    'db/account/endpoint-changes.ts',
    "disabledReason: sql`coalesce(${endpoints.disabledReason}, 'disabled_by_customer')`",
    "disabledReason: 'disabled_by_customer'",
  ]),
  bend('enabling paces one that is well', PATCH, [
    'db/account/endpoint-changes.ts',
    'pace: sql`iif(${isWell}, ${endpoints.pace}, 1)`',
    'pace: 1',
  ]),
  bend('enabling begins a recovery of one that is well', PATCH, [
    'db/account/endpoint-changes.ts',
    'sweepAt: sql`iif(${isWell}, ${endpoints.sweepAt}, ${now})`',
    'sweepAt: now',
  ]),
  bend('failures in a row are well', PATCH, [
    'db/account/endpoint-changes.ts',
    "= 'enabled' AND ${endpoints.consecutiveFailures} = 0)`",
    "= 'enabled')`",
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
  bend('orgs are listed oldest first', ORGS, [
    'db/page.ts',
    'page.endingBefore === undefined ? -1 : 1',
    'page.endingBefore === undefined ? 1 : -1',
  ]),
  bend('a deleted org has its keys', ORGS, [
    'db/account/delete-org.ts',
    'DELETE FROM api_keys WHERE org_id = ${orgId} AND ${is}',
    'DELETE FROM api_keys WHERE false AND org_id = ${orgId} AND ${is}',
  ]),
  bend('a deleted org goes on sending', ORGS, [
    'db/account/delete-org.ts',
    '        WHERE ${is} ON CONFLICT (org_id, host) DO NOTHING`',
    '        WHERE false AND ${is} ON CONFLICT (org_id, host) DO NOTHING`',
  ]),
  bend('an org is deleted while it is moved', ORGS, [
    'db/account/delete-org.ts',
    "WHERE org_id = ${orgId} AND phase <> 'over'",
    "WHERE org_id = ${orgId} AND phase = 'none'",
  ]),
  bend('a deleted org is forgotten while something of it is left', ORGS, [
    'move/remove.ts',
    'if (isClean) {',
    'if (orgId) {',
  ]),
  bend('a deleted org is found in the catalog', ORGS, [
    'move/remove.ts',
    'await forgetPlace(world.store.catalog, orgId)',
    'await forgetPlace(world.db, orgId)',
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
