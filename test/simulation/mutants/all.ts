// Every mutant there is, room by room.
import { ACCOUNT } from './account.ts'
import { ATTEMPT } from './attempt.ts'
import { DELIVERY } from './delivery.ts'
import type { Mutant } from './mutant.ts'
import { GROWTH } from './growth.ts'
import { RECORDS } from './records.ts'
import { STORE } from './store.ts'

/** The whole list. */
export const MUTANTS: Mutant[] = [
  ...DELIVERY,
  ...GROWTH,
  ...ATTEMPT,
  ...STORE,
  ...RECORDS,
  ...ACCOUNT,
]
