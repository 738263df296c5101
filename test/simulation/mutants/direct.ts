// Bugs in how first attempts leave behind the request that accepted them.
import { bend, without, type Mutant } from './mutant.ts'

const DISPATCH = 'test/delivery/dispatch.test.ts'
const ROOM = 'test/delivery/attempt/room.test.ts'

/** Mutants of this room. */
export const DIRECT: Mutant[] = [
  bend('an unwell endpoint is met behind a request', 'T2', [
    'delivery/dispatch.ts',
    "return health === 'well' || health === null",
    'return true',
  ]),
  bend('a recovering endpoint is met behind a request', 'T2', [
    'delivery/dispatch.ts',
    "return health === 'well' || health === null",
    "return health !== 'unwell'",
  ]),
  bend('a request attempts all that it has stored', 'T2', [
    'delivery/dispatch.ts',
    'const DIRECT_SHARE = 100',
    'const DIRECT_SHARE = 5000',
  ]),
  bend('nothing leaves behind a request', 'T2', [
    'delivery/dispatch.ts',
    'const DIRECT_SHARE = 100',
    'const DIRECT_SHARE = 0',
  ]),
  bend('what leaves behind a request is queued, too', 'T2', [
    'delivery/dispatch.ts',
    'deliveries.filter(({ id }) => !direct.has(id))',
    'deliveries',
  ]),
  without('the bound of an isolate', 'T2', [
    'delivery/attempt/room.ts',
    'wanted.slice(0, free)',
    'wanted',
  ]),
  bend('a fault behind a request is left to the lease', 'T4', [
    'delivery/dispatch.ts',
    "fate.kind === 'comes_back' ? { ...fate, kind: 'handed_on', lane: 'fresh' } : fate",
    'fate',
  ]),
  bend('what had no turn behind a request is left to the lease', DISPATCH, [
    'delivery/dispatch.ts',
    '  await handOn(world, fates.map(asHandedOn))\n',
    "  await handOn(world, fates.filter(({ kind }) => kind === 'comes_back').map(asHandedOn))\n",
  ]),
  bend('attempts begin behind a request as long as in a batch', DISPATCH, [
    'delivery/dispatch.ts',
    "refs, 'fresh', DIRECT_WINDOW_MS)",
    "refs, 'fresh')",
  ]),
  bend('a slow attempt behind a request takes no room', DISPATCH, [
    'delivery/dispatch.ts',
    '  await Promise.all(later)\n',
    '',
  ]),
  bend('an answer waits for its first attempts', DISPATCH, [
    'delivery/accept.ts',
    'world.defer(dispatch(world, orgId, deliveries))',
    'await dispatch(world, orgId, deliveries)',
  ]),
  bend('a first attempt depends on the key of its request', DISPATCH, [
    'api/http/auth.ts',
    '{ ...world.store, of: () => guard.db }',
    '{ shared: guard.db, of: () => guard.db }',
  ]),
  bend('what was cut off keeps its room', ROOM, [
    'delivery/attempt/room.ts',
    'if (stay.until <= now()) stays.delete(stay)',
    'if (false) stays.delete(stay)',
  ]),
  bend('room is taken for ever', ROOM, [
    'delivery/attempt/room.ts',
    'leave: () => void stays.delete(stay)',
    'leave: () => {}',
  ]),
]
