// Bugs in how first attempts leave behind the request that accepted them, and in records written together.
import { bend, without, type Mutant } from './mutant.ts'

const DISPATCH = 'test/delivery/dispatch.test.ts'
const ROOM = 'test/delivery/attempt/room.test.ts'
const RECORD = 'test/delivery/record-together.test.ts'

/** Mutants of this room. */
export const DIRECT: Mutant[] = [
  bend('an unwell endpoint is met behind a request', 'T2', [
    'delivery/dispatch.ts',
    'return unwellSince === null && pace === null',
    'return pace === null',
  ]),
  bend('a recovering endpoint is met behind a request', 'T2', [
    'delivery/dispatch.ts',
    'return unwellSince === null && pace === null',
    'return unwellSince === null',
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
    'delivery/accept.ts',
    'leaving.has(id) || isWaiting ? [] :',
    'isWaiting ? [] :',
  ]),
  bend('what has no room behind a request is left to the lease', 'T2', [
    'delivery/dispatch.ts',
    'queueUp(world, queued)',
    'queueUp(world, [])',
  ]),
  bend('a request attempts what an earlier one stored', DISPATCH, [
    'db/lifecycle/accept.ts',
    'toFirstAttempts(group, events, stored.created, owners, waiting)',
    'toFirstAttempts(group, events, [...stored.created, ...stored.deliveries], owners, waiting)',
  ]),
  bend('what was stored long ago leaves behind its request', 'C5', [
    'delivery/dispatch.ts',
    'const FRESH_MS = 5000',
    'const FRESH_MS = 500_000',
  ]),
  without('the bound of an isolate', ROOM, [
    'delivery/attempt/room.ts',
    'if (units > free || ',
    'if (',
  ]),
  without('the bound of a destination', 'T2', [
    'delivery/attempt/room.ts',
    ' || count > Math.ceil(size / SHARE)',
    '',
  ]),
  bend('a fault behind a request is left to the lease', 'T4', [
    'delivery/dispatch.ts',
    "if (fate.kind === 'done') return fate",
    "if (fate.kind !== 'handed_on') return fate",
  ]),
  bend('what had no turn behind a request is left to the lease', DISPATCH, [
    'delivery/dispatch.ts',
    'fates.map((fate) => asHandedOn(world, fate)),',
    "fates.filter(({ kind }) => kind === 'comes_back').map((fate) => asHandedOn(world, fate)),",
  ]),
  bend('attempts begin behind a request as long as in a batch', DISPATCH, [
    'delivery/dispatch.ts',
    'Math.min(DIRECT_WINDOW_MS, startWindowMs(world.config))',
    'startWindowMs(world.config)',
  ]),
  bend('a slow attempt behind a request takes no room', DISPATCH, [
    'delivery/dispatch.ts',
    '  await Promise.all(later)\n',
    '',
  ]),
  bend('a slow attempt behind a request is not kept alive', DISPATCH, [
    'delivery/dispatch.ts',
    '    world.defer(work)\n',
    '',
  ]),
  bend('an answer waits for its first attempts', DISPATCH, [
    'delivery/group.ts',
    'if (goOn) world.defer(goOn(result))',
    'if (goOn) await goOn(result)',
  ]),
  bend('what a request goes on with ends with its client', 'test/delivery/group.test.ts', [
    'delivery/group.ts',
    'if (goOn) world.defer(answer.then(goOn, () => {}))',
    'if (goOn) void answer.then(goOn, () => {})',
  ]),
  bend('a first attempt depends on the key of its request', DISPATCH, [
    'api/http/auth.ts',
    '{ ...world.store, of: () => guard.db, ofBoth }',
    '{ shared: guard.db, of: () => guard.db, ofBoth }',
  ]),
  bend('each attempt is watched by a timer of its own', 'test/delivery/attempt/watch.test.ts', [
    'delivery/attempt/watch.ts',
    'if (isRunning) return',
    '',
  ]),
  bend('what was cut off keeps its room', ROOM, [
    'delivery/attempt/room.ts',
    'if (stay.until > now()) break',
    'break',
  ]),
  bend('room is taken for ever', ROOM, [
    'delivery/attempt/room.ts',
    'leave: () => end(stay)',
    'leave: () => {}',
  ]),
  bend('a large call takes as much room as any', ROOM, [
    'delivery/attempt/room.ts',
    'return 1 + Math.floor((call?.length ?? 0) / UNIT_BYTES)',
    'return 1',
  ]),
  bend('a leader records for itself alone', 'A9', [
    'delivery/record.ts',
    'for (const outcomes of inRounds(all)) {',
    'for (const outcomes of inRounds(all.slice(0, 1))) {',
  ]),
  bend('two attempts at one delivery are recorded as one', 'A9', [
    'delivery/record.ts',
    'counts.set(id, round + 1)',
    'counts.set(id, round)',
  ]),
  bend('records are written in the order in which they were asked for', RECORD, [
    'delivery/record.ts',
    '.toSorted((a, b) => a.endedAt - b.endedAt)',
    '',
  ]),
  bend('a leader hears nothing of what is lost to others', 'T4', [
    'delivery/record.ts',
    'return all.map(() => lost)',
    'return all.map((_, place) => (place === 0 ? lost : []))',
  ]),
  bend('whoever was let down takes its record for written', 'T4', [
    'delivery/record.ts',
    'return attempts.map(({ attemptId }) => attemptId)\n  })',
    'return []\n  })',
  ]),
  bend('a busy isolate gives way to nobody', 'test/delivery/group.test.ts', [
    'delivery/group.ts',
    'if (line.gathering) await giveWay(world)',
    '',
  ]),
]
