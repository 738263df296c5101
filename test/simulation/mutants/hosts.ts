// Bugs in what is sent to a host that has not shown that it wants it: too much, or never again.
import { bend, without, type Mutant } from './mutant.ts'

const TURNS = 'delivery/attempt/host-turns.ts'
const PROOFS = 'db/host-proofs.ts'
const DELIVER = 'delivery/deliver.ts'
const TESTS = 'test/delivery/attempt/host-turns.test.ts'

/** Mutants of this room. */
export const HOSTS: Mutant[] = [
  bend('what has no turn is sent all the same', 'X8', [
    DELIVER,
    'attemptAll(world, admitted, until)',
    'attemptAll(world, toSend, until)',
  ]),
  without('a rest for what has no turn', 'A9', [
    DELIVER,
    '  held.push(...refused.map((ref) => resting(world, ref, NO_TURN_MS)))\n',
    '',
  ]),
  bend('what has no turn rests only while something is stopped', 'A9', [
    'db/lifecycle/hold.ts',
    "iif(ref.value->'rest'->'stop' IS NULL, ref.value->'rest'->'until' IS NOT NULL,",
    "iif(ref.value->'rest'->'stop' IS NULL, false,",
  ]),
  bend('what has no turn rests for as long as what is stopped', 'A9', [
    DELIVER,
    'const NO_TURN_MS = 60_000',
    'const NO_TURN_MS = 600_000',
  ]),
  bend('a host with one port is another', TESTS, [
    TURNS,
    '  const host = hostOf(url)\n',
    '  const host = URL.parse(url)?.host\n',
  ]),
  bend('an org has turns of its own', TESTS, [
    TURNS,
    'Map.groupBy(set, ({ url }) => unprovenHost(world, url))',
    'Map.groupBy(set, ({ url, orgId }) => unprovenHost(world, url) && orgId)',
  ]),
  bend('turns are counted by the hour', TESTS, [
    TURNS,
    'Math.floor(world.now() / 1000)',
    'Math.floor(world.now() / 3_600_000)',
  ]),
  bend('a block is the whole second', TESTS, [
    TURNS,
    'world.config.unprovenHostPerSecond / HOST_BLOCKS.quota',
    'world.config.unprovenHostPerSecond',
  ]),
  bend('turns that are left of one second are of the next', TESTS, [
    TURNS,
    'if (known.turns.second !== second)',
    'if (known.turns.second === 0)',
  ]),
  bend('all of a set is put aside', TESTS, [
    TURNS,
    'all.slice(await countTurns(world, host, all.length))',
    '((await countTurns(world, host, all.length)) < all.length ? all : [])',
  ]),
  without('a question whether the host has proven itself', TESTS, [
    TURNS,
    '  await askFor(world, new Set(short.map(({ host }) => host)))\n',
    '',
  ]),
  bend('a host is counted that has proven itself', TESTS, [
    TURNS,
    'known.isProven ||= proven.has(host)',
    'known.isProven = false',
  ]),
  bend('a host counts as asked about before there is an answer', TESTS, [
    TURNS,
    '  if (due.length > 0) await learn',
    '  for (const host of due) knownOf(world, host).askedAt = world.now()\n  if (due.length > 0) await learn',
  ]),
  bend('what others were given meanwhile is forgotten', TESTS, [
    TURNS,
    'turns.left -= given',
    'turns.left = 0',
  ]),
  without('a proof by a slow answer', TESTS, [DELIVER, '  await noteAnswers(world, ended)\n', '']),
  bend('a failure proves a host', TESTS, [TURNS, "record?.status === 'delivered'", 'record']),
  bend('local hosts are limited', TESTS, [TURNS, ' && !config.allowHttpEndpoints', '']),
  bend('a catalog out of reach fails a batch', TESTS, [
    TURNS,
    "    world.log({ event: 'host_proofs_failed', error: explainFault(error) })",
    '    throw error',
  ]),
  bend('the first 2xx proves a host', TESTS, [
    PROOFS,
    'first_at <= ${now - provenAfterMs}',
    'first_at <= ${now}',
  ]),
  bend('a proof is written again and again', TESTS, [
    PROOFS,
    'OR seen_at <= ${now - SEEN_EVERY_MS}',
    'OR true',
  ]),
  bend('a host is never forgotten', TESTS, [
    PROOFS,
    'seen_at <= ${now - FORGOTTEN_AFTER_MS}',
    'seen_at < 0',
  ]),
  bend('a host that answers is forgotten', TESTS, [PROOFS, 'SET seen_at = ${now}, ', 'SET ']),
]
