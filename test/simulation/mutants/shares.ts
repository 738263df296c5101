// Bugs in an org's share of a lane, and in the bulk lane, where the rest of it waits.
import { bend, without, type Mutant } from './mutant.ts'

const SHARES = 'test/delivery/share.test.ts'
const HAND_ON = 'test/delivery/hand-on.test.ts'

/** Mutants of this part. */
export const SHARE_MUTANTS: Mutant[] = [
  bend('nothing takes the bulk lane', 'R6', [
    'delivery/queue-up.ts',
    "isolate.takeShare(orgId, lane) ? lane : 'bulk'",
    'isolate.takeShare(orgId, lane) ? lane : lane',
  ]),
  bend('everything takes the bulk lane', 'R6', [
    'delivery/queue-up.ts',
    "isolate.takeShare(orgId, lane) ? lane : 'bulk'",
    "isolate.takeShare(orgId, lane) ? 'bulk' : 'bulk'",
  ]),
  bend('what is beyond a share takes the retry lane', 'T2', [
    'delivery/queue-up.ts',
    "isolate.takeShare(orgId, lane) ? lane : 'bulk'",
    "isolate.takeShare(orgId, lane) ? lane : 'retry'",
  ]),
  bend('what had no turn behind a request takes no share', 'R6', [
    'delivery/dispatch.ts',
    'lane: laneOf(world, { ref: fate.ref, isUnwell })',
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
    'delivery/queue-up.ts',
    'isolate.takeShare(orgId, lane)',
    "isolate.takeShare(orgId && '', lane)",
  ]),
  bend('unwell endpoints have no share', 'R6', [
    'delivery/queue-up.ts',
    "isolate.takeShare(orgId, lane) ? lane : 'bulk'",
    "isolate.takeShare(orgId, lane) || lane === 'retry' ? lane : 'bulk'",
  ]),
  bend('the well and the unwell have one share', SHARES, [
    'delivery/share.ts',
    '`${lane} ${orgId}`',
    '`${lane && orgId}`',
  ]),
  bend('what is held up behind a request takes no share', SHARES, [
    'delivery/dispatch.ts',
    "if (fate.kind === 'done') return fate",
    "if (fate.kind === 'done' || (fate.kind === 'handed_on' && fate.lane === 'retry')) return fate",
  ]),
  bend('what a slow endpoint holds up in bulk fills the retry lane', HAND_ON, [
    'delivery/deliver.ts',
    "lane === 'fresh' ? 'retry' : lane",
    "lane ? 'retry' : lane",
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
