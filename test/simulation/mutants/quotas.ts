// Bugs in what an org may have and do at most.
import { bend, without, type Mutant } from './mutant.ts'

const QUOTAS = 'test/api/quotas.test.ts'

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
]
