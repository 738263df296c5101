// Bugs in what a consumer does with its messages.
import { bend, type Mutant } from './mutant.ts'

const HAND_ON = 'test/delivery/hand-on.test.ts'
const QUEUE = 'test/delivery/queue.test.ts'

/** Mutants of this room. */
export const CONSUME: Mutant[] = [
  bend('only the first hundred are sent', 'T2', [
    'delivery/queue.ts',
    'start < refs.length; start += MAX_BATCH',
    'start < Math.min(refs.length, 100); start += MAX_BATCH',
  ]),
  bend('D1 is not asked again', 'D6', [
    'db/client.ts',
    'const RETRY_WAITS_MS = [100, 400]',
    'const RETRY_WAITS_MS: number[] = []',
  ]),
  bend('an early message comes back in five seconds', 'T4', [
    'delivery/triage.ts',
    'Math.min(Math.ceil(early / 1000), MAX_DELAY_S)',
    '5',
  ]),
  bend('an early message comes back early again', 'T4', [
    'delivery/triage.ts',
    'Math.ceil(early / 1000)',
    'Math.floor(early / 1000)',
  ]),
  bend('a fault of ours delays by 50 seconds', 'T4', [
    'delivery/deliver.ts',
    'const FAULT_DELAY_S = 5',
    'const FAULT_DELAY_S = 50',
  ]),
  bend('the lane of the healthy sends to the unwell', 'T3', [
    'delivery/triage.ts',
    "lane === 'fresh' && delivery.unwellSince !== null",
    'false',
  ]),
  bend('the bulk lane fills the retry lane', HAND_ON, [
    'delivery/triage.ts',
    "lane === 'fresh' && delivery.unwellSince !== null",
    "lane !== 'retry' && delivery.unwellSince !== null",
  ]),
  bend('what is for the retry lane is dropped', 'T3', [
    'delivery/deliver.ts',
    "verdict.kind === 'hand_on' ? handedOn(ref, 'retry') : done(ref)",
    'done(ref)',
  ]),
  bend('what a slow endpoint holds up is dropped', 'T3', [
    'delivery/deliver.ts',
    'heldUp.map((ref, place) => handedOn(ref, slowLane(lane), slowDelayS(lane, place)))',
    'heldUp.map((ref) => done(ref))',
  ]),
  bend('a slow attempt is not recorded', 'A3', [
    'delivery/deliver.ts',
    'if (inFlight.length > 0) world.defer(recordLater(world, inFlight))',
    '',
  ]),
  bend('what is held stays with the sweep', 'A9', [
    'delivery/deliver.ts',
    '{ attempts, held, slow })',
    '{ attempts, held: [], slow })',
  ]),
  bend('a slow endpoint is not reported', 'C7', [
    'delivery/deliver.ts',
    '{ attempts, held, slow })',
    '{ attempts, held, slow: [] })',
  ]),
  bend('what could not be recorded is acknowledged', 'T4', [
    'delivery/deliver.ts',
    'isFaulted(one) ? comesBack(one.delivery, againS(one)) : done(one.delivery)',
    'done(one.delivery)',
  ]),
  bend('what could not be read is acknowledged', 'T4', [
    'delivery/deliver.ts',
    'lost.map((ref) => comesBack(ref, FAULT_DELAY_S))',
    'lost.map(done)',
  ]),
  bend("a redelivery waits for this machine's clock", 'T3', [
    'delivery/triage.ts',
    'isFirst || isManual ? 0',
    'isFirst ? 0',
  ]),
  bend("a first attempt waits for this machine's clock", 'T3', [
    'delivery/triage.ts',
    'isFirst || isManual ? 0',
    'isManual ? 0',
  ]),
  bend('a message that came twice makes two attempts', 'A9', [
    'delivery/consume.ts',
    'map(({ ref }) => ref)\n  const fates',
    'flatMap(({ ref, messages: all }) => all.map(() => ref))\n  const fates',
  ]),
  bend('a batch waits for what is slow', 'T3', [
    'delivery/attempt/pool.ts',
    'if ([...flights].some((flight) => !flight.isSlow)) return true',
    'if (flights.size > 0) return true',
  ]),
  bend('a recovery has three seconds between two sends', 'T3', [
    'delivery/attempt/pace.ts',
    'const RECOVERY_SPACING_MS = 8',
    'const RECOVERY_SPACING_MS = 3000',
  ]),
  bend('dead letters are noted under another version', 'T4', [
    'db/upkeep/dead-letters.ts',
    "ref.value->>'version', ${now}",
    "1 + ref.value->>'version', ${now}",
  ]),
  bend('what had no turn is dropped', HAND_ON, [
    'delivery/deliver.ts',
    'postponed.map((ref) => handedOn(ref, lane))',
    'postponed.map((ref) => done(ref))',
  ]),
  bend('what had no turn changes its lane', HAND_ON, [
    'delivery/deliver.ts',
    'postponed.map((ref) => handedOn(ref, lane))',
    "postponed.map((ref) => handedOn(ref, lane === 'retry' ? 'fresh' : 'retry'))",
  ]),
  bend('what had no turn waits like what is slow', HAND_ON, [
    'delivery/deliver.ts',
    'postponed.map((ref) => handedOn(ref, lane))',
    'postponed.map((ref, place) => handedOn(ref, lane, slowDelayS(lane, place)))',
  ]),
  bend('what a slow endpoint holds up comes back at once', HAND_ON, [
    'delivery/deliver.ts',
    "lane !== 'fresh' ? 1 + Math.floor(place / SLOW_PER_SECOND) : 0",
    '0',
  ]),
  bend('what a slow endpoint holds up comes back all together', HAND_ON, [
    'delivery/deliver.ts',
    '1 + Math.floor(place / SLOW_PER_SECOND)',
    '1',
  ]),
  bend('each hundred has its delays anew', QUEUE, [
    'delivery/queue.ts',
    'delaySeconds: delaySeconds(start + place),',
    'delaySeconds: delaySeconds(place),',
  ]),
  bend('what the queue refused counts as sent', QUEUE, [
    'delivery/queue.ts',
    'const result = { sent: 0, depth: 0 }',
    'const result = { sent: refs.length % MAX_BATCH, depth: 0 }',
  ]),
  bend('secrets that do not read end their batch', 'test/delivery/bad-rows.test.ts', [
    'db/lifecycle/consume.ts',
    'readStored(secrets, StoredSecrets, [])',
    'StoredSecrets.parse(JSON.parse(secrets))',
  ]),
  bend('hosts of our own that do not read are none', 'test/delivery/bad-rows.test.ts', [
    'db/lifecycle/consume.ts',
    'StoredHosts.parse(JSON.parse(first.ownHosts))',
    'readStored(first.ownHosts, StoredHosts, [])',
  ]),
  bend('a record that is refused loses what is held', 'test/delivery/record.test.ts', [
    'delivery/record.ts',
    '? [...parts, rest] : parts',
    '? parts : parts',
  ]),
]
