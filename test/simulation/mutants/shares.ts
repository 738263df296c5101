// Bugs in an org's share of the fresh lane, and in the bulk lane, where the rest of it waits.
import { bend, without, type Mutant } from './mutant.ts'

const SHARES = 'test/delivery/share.test.ts'
const HAND_ON = 'test/delivery/hand-on.test.ts'

/** Mutants of this part. */
export const SHARE_MUTANTS: Mutant[] = [
  bend('nothing takes the bulk lane', 'R6', [
    'delivery/dispatch.ts',
    "isolate.takeShare(orgId) ? 'fresh' : 'bulk'",
    "isolate.takeShare(orgId) ? 'fresh' : 'fresh'",
  ]),
  bend('everything takes the bulk lane', 'R6', [
    'delivery/dispatch.ts',
    "isolate.takeShare(orgId) ? 'fresh' : 'bulk'",
    "isolate.takeShare(orgId) ? 'bulk' : 'bulk'",
  ]),
  bend('what is beyond a share takes the retry lane', 'T2', [
    'delivery/dispatch.ts',
    "isolate.takeShare(orgId) ? 'fresh' : 'bulk'",
    "isolate.takeShare(orgId) ? 'fresh' : 'retry'",
  ]),
  bend('what had no turn behind a request takes no share', 'R6', [
    'delivery/dispatch.ts',
    'lane: laneOf(world, fate.ref)',
    "lane: 'fresh'",
  ]),
  bend('a share never fills again', 'R6', [
    'delivery/share.ts',
    'last.left + refilled',
    'last.left + 0 * refilled',
  ]),
  bend('a share fills again at once', 'R6', [
    'delivery/share.ts',
    'last.left + refilled',
    'last.left + 100 * refilled',
  ]),
  bend('a share that is not used grows', SHARES, [
    'delivery/share.ts',
    'Math.min(size, last.left + refilled)',
    'last.left + refilled',
  ]),
  bend('all orgs have one share', SHARES, [
    'delivery/dispatch.ts',
    'isolate.takeShare(orgId)',
    "isolate.takeShare(orgId && '')",
  ]),
  without('the role of the bulk queue', 'T4', [
    'delivery/receive.ts',
    'const ROLES = [...LANES,',
    "const ROLES = [...LANES.filter((lane) => lane !== 'bulk'),",
  ]),
  bend('what had no turn in the bulk lane takes the fresh one', HAND_ON, [
    'delivery/deliver.ts',
    'postponed.map((ref) => handedOn(ref, lane))',
    "postponed.map((ref) => handedOn(ref, lane === 'bulk' ? 'fresh' : lane))",
  ]),
  bend('where there is no bulk queue all fills the retry lane', 'test/wiring.test.ts', [
    'wiring.ts',
    'BULK_QUEUE: bulk = fresh',
    'BULK_QUEUE: bulk = retry',
  ]),
]
