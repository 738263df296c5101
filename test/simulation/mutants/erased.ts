// Bugs in the deletion of an org: what of it is left, and what of others goes with it.
import { bend, without, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const ERASED_MUTANTS: Mutant[] = [
  bend('erase: the operator is not told when nothing is left', 'test/api/orgs.test.ts', [
    'db/move/remove.ts',
    "forgotten: audited(db, systemIn(''), change, forgotten)",
    'forgotten',
  ]),
  bend('erase: the endpoints of all orgs go', 'L4', [
    'db/account/delete-org.ts',
    'DELETE FROM endpoints WHERE org_id = ${orgId} AND ${is}',
    'DELETE FROM endpoints WHERE ${is}',
  ]),
  bend('erase: the secrets of all orgs go', 'L4', [
    'db/account/delete-org.ts',
    'DELETE FROM signing_secrets WHERE org_id = ${orgId} AND ${is}',
    'DELETE FROM signing_secrets WHERE ${is}',
  ]),
  bend('erase: every org goes', 'L4', [
    'db/account/delete-org.ts',
    'DELETE FROM orgs WHERE id = ${orgId} AND ${is}',
    'DELETE FROM orgs WHERE ${is}',
  ]),
  bend('erase: what is left of any org goes', 'L4', [
    'db/move/clear.ts',
    'WHERE ${isOf(table, orgId)} AND ${inEveryPlace(table)}',
    'WHERE ${inEveryPlace(table)}',
  ]),
  bend('erase: nothing of what is left goes', 'L4', [
    'db/move/remove.ts',
    'ORDER BY deleted_at LIMIT ${literal(REMOVED_A_RUN)}',
    'ORDER BY deleted_at LIMIT 0',
  ]),
  without('erase: its name is forgotten', 'L4', [
    'move/remove.ts',
    '      await forgetOrg(world.db, orgId, world.now())\n',
    '',
  ]),
  bend('erase: copies are left', 'L4', [
    'db/move/tables.ts',
    '  hourlyStats,\n  replayCopies,\n]',
    '  hourlyStats,\n]',
  ]),
  bend('erase: what was accepted is left', 'L4', [
    'db/move/tables.ts',
    '  deliveries,\n  events,\n  auditLog,\n  idempotencyKeys,\n  hourlyStats,',
    '  deliveries,\n  auditLog,\n  idempotencyKeys,\n  hourlyStats,',
  ]),
  bend(
    'erase: it goes on sending',
    'L4',
    [
      'db/account/delete-org.ts',
      '        WHERE ${is} ON CONFLICT (org_id, host) DO NOTHING`',
      '        WHERE false AND ${is} ON CONFLICT (org_id, host) DO NOTHING`',
    ],
    [
      'db/account/delete-org.ts',
      'DELETE FROM endpoints WHERE org_id = ${orgId} AND ${is}',
      'DELETE FROM endpoints WHERE false AND org_id = ${orgId} AND ${is}',
    ],
    [
      'db/account/delete-org.ts',
      'DELETE FROM signing_secrets WHERE org_id = ${orgId} AND ${is}',
      'DELETE FROM signing_secrets WHERE false AND org_id = ${orgId} AND ${is}',
    ],
  ),
]
