// Every mutant there is, room by room.
import { ACCOUNT } from './account.ts'
import { ACTS } from './acts.ts'
import { ATTEMPT } from './attempt.ts'
import { CONSUME } from './consume.ts'
import { COPYING } from './copies.ts'
import { DATABASES } from './databases.ts'
import { DELIVERY } from './delivery.ts'
import { DIRECT } from './direct.ts'
import { ERASED_MUTANTS } from './erased.ts'
import { FORGOTTEN } from './forgotten.ts'
import { GROWTH } from './growth.ts'
import { HEALTH } from './health.ts'
import { HOSTS } from './hosts.ts'
import { INTAKE } from './intake.ts'
import { LISTENING } from './listening.ts'
import type { Mutant } from './mutant.ts'
import { MISSED } from './missed.ts'
import { MOVING } from './moves.ts'
import { NOTICES } from './notices.ts'
import { OUTCOMES } from './outcomes.ts'
import { ORDERING_MUTANTS } from './ordering.ts'
import { CERTIFICATE_MUTANTS } from './certificates.ts'
import { OWN_HEADER_MUTANTS } from './own-headers.ts'
import { MEMBER_MUTANTS } from './members.ts'
import { OWN_PACE } from './own-pace.ts'
import { FILTER_MUTANTS } from './filters.ts'
import { QUOTA_MUTANTS } from './quotas.ts'
import { SHARE_MUTANTS } from './shares.ts'
import { SIDE_MUTANTS } from './sides.ts'
import { RANGES } from './ranges.ts'
import { RECORDS } from './records.ts'
import { REPLAYS } from './replays.ts'
import { STAGES } from './stages.ts'
import { STOPPING } from './stopping.ts'
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
  ...STAGES,
  ...RECORDS,
  ...ACTS,
  ...INTAKE,
  ...DIRECT,
  ...ACCOUNT,
  ...DATABASES,
  ...MOVING,
  ...REPLAYS,
  ...COPYING,
  ...RANGES,
  ...MISSED,
  ...LISTENING,
  ...STOPPING,
  ...NOTICES,
  ...FILTER_MUTANTS,
  ...MEMBER_MUTANTS,
  ...QUOTA_MUTANTS,
  ...SHARE_MUTANTS,
  ...SIDE_MUTANTS,
  ...ORDERING_MUTANTS,
  ...OWN_HEADER_MUTANTS,
  ...OWN_PACE,
  ...CERTIFICATE_MUTANTS,
  ...FORGOTTEN,
  ...HOSTS,
  ...ERASED_MUTANTS,
]
