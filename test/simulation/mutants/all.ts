// Every mutant there is, room by room.
import { ACCOUNT } from './account.ts'
import { ACTS } from './acts.ts'
import { ATTEMPT } from './attempt.ts'
import { CONSUME } from './consume.ts'
import { DELIVERY } from './delivery.ts'
import { GROWTH } from './growth.ts'
import { HEALTH } from './health.ts'
import { INTAKE } from './intake.ts'
import type { Mutant } from './mutant.ts'
import { OUTCOMES } from './outcomes.ts'
import { RECORDS } from './records.ts'
import { STORE } from './store.ts'
import { SWEEP } from './sweep.ts'
import { UPKEEP } from './upkeep.ts'

/** The whole list. */
export const MUTANTS: Mutant[] = [
  ...DELIVERY,
  ...SWEEP,
  ...CONSUME,
  ...GROWTH,
  ...HEALTH,
  ...OUTCOMES,
  ...UPKEEP,
  ...ATTEMPT,
  ...STORE,
  ...RECORDS,
  ...ACTS,
  ...INTAKE,
  ...ACCOUNT,
]
