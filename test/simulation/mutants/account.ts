// Bugs in the SQL of endpoints and secrets.
import { bend, without, type Mutant } from './mutant.ts'

/** Mutants of this room. */
export const ACCOUNT: Mutant[] = [
  without('enabling tells the sweep', 'D3', [
    'db/account/endpoints.ts',
    '      backlogAt: sql`iif(${isWell}, ${endpoints.backlogAt}, ${now})`,\n',
    '',
  ]),
  without('enabling zeroing the counter', 'C4', [
    'db/account/endpoints.ts',
    '      consecutiveFailures: 0,\n',
    '',
  ]),
  bend('a repeated rotation expires its own secret', 'P6', [
    'db/account/secrets.ts',
    'AND ${isNew} AND ${isAllowed}`',
    'AND ${isAllowed}`',
  ]),
]
