// Bugs in how requests that arrive together are stored together.
import { bend, without, type Mutant } from './mutant.ts'

const GROUP = 'test/delivery/group.test.ts'
const TOGETHER = 'test/journeys/together.test.ts'
const LIMITS = 'test/security/limits.test.ts'

/** Mutants of this room. */
export const INTAKE: Mutant[] = [
  without('delivery before message', 'D1', [
    'delivery/accept.ts',
    'const stored = await storeJudged(world, orgId, intakes, metering)',
    `const early = intakes.flatMap((one) =>
    one.events.map(({ id }) =>
      ({ ref: { orgId, id: id.slice(0, -1) + '1', version: 1 }, isUnwell: false })))
  await queueUp(world, early)
  const stored = await storeJudged(world, orgId, intakes, metering)`,
  ]),
  bend('a group sends for its leader alone', 'T2', [
    'delivery/accept.ts',
    'const ids = intakes.flatMap(',
    'const ids = intakes.slice(0, 1).flatMap(',
  ]),
  bend('a group with any key has its leader’s alone', 'D6', [
    'db/lifecycle/accept.ts',
    'intakes.flatMap(toKeptUse)',
    'intakes.slice(0, 1).flatMap(toKeptUse)',
  ]),
  bend('a key in a group is free for others', 'D6', [
    'db/idempotency.ts',
    "AND k.key = ${use}->>'key' AND k.token = ${use}->>'token'))`",
    "AND k.key = ${use}->>'key'))`",
  ]),
  bend('a key of a group is forgotten at once', 'D6', [
    'db/idempotency.ts',
    "AND k.token <> u.value->>'token' AND k.created_at > ${now - IDEMPOTENCY_TTL_MS}`",
    "AND k.token <> u.value->>'token' AND k.created_at > ${now}`",
  ]),
  bend('a group finds nothing of a write whose answer was lost', 'D1', [
    'db/lifecycle/accept.ts',
    'CASE WHEN changes() = 0 THEN',
    'CASE WHEN false THEN',
  ]),
  bend('a group finds nothing of an earlier request', 'D1', [
    'db/lifecycle/accept.ts',
    'earlierAnswers ? sql`${earlierAnswers} UNION ALL ${again}` : again',
    'again',
  ]),
  bend('a refused request of a group keeps its key', TOGETHER, [
    'db/lifecycle/accept.ts',
    'snapshot: events.length > 0 ? snapshot : undefined',
    'snapshot: undefined',
  ]),
  bend('two of a group with one key have each delivery twice', TOGETHER, [
    'db/lifecycle/accept.ts',
    '.map((row) => [row.id, row]))',
    '.map((row) => [row, row]))',
  ]),
  bend('a group is as large as it comes', TOGETHER, [
    'delivery/accept.ts',
    'const MAX_GROUP_BYTES = 1_000_000',
    'const MAX_GROUP_BYTES = 100_000_000',
  ]),
  bend('keys share a group', TOGETHER, ['api/http/auth.ts', 'line: key.keyHash,', "line: '',"]),
  without('asking for a group’s key', TOGETHER, [
    'db/guard.ts',
    'sendTo(db, [askForKey(db, key, now), ...queries])',
    "sendTo(db, [{ text: 'SELECT 1', values: [] }, ...queries])",
  ]),
  bend('each of a group asks for its key', TOGETHER, [
    'db/guard.ts',
    '      asked ??= answer\n',
    '',
  ]),
  without('halves of a group that is refused', TOGETHER, [
    'delivery/group.ts',
    'if (members.length > 1 && isStatementFault(error)) {',
    'if (members.length > 1 && false) {',
  ]),
  bend('a group is done again when the database is out of reach', GROUP, [
    'delivery/group.ts',
    'if (members.length > 1 && isStatementFault(error)) {',
    'if (members.length > 1) {',
  ]),
  without('the end of being led', 'D6', [
    'delivery/group.ts',
    'return inTime(world, answer, limits.maxLedMs)',
    'return answer',
  ]),
  bend('a group gathers behind work that hangs', GROUP, [
    'delivery/group.ts',
    'await Promise.race([group.departure.promise, world.sleep(MAX_GATHERING_MS)])',
    'await group.departure.promise',
  ]),
  bend('a group gathers behind a leader that was cut off', GROUP, [
    'delivery/group.ts',
    'underWay !== undefined && world.now() < underWay.until',
    'underWay !== undefined',
  ]),
  bend('a group whose leader was cut off is joined', GROUP, [
    'delivery/group.ts',
    'if (gathering && weight <= gathering.room && now <= gathering.until) {',
    'if (gathering && weight <= gathering.room) {',
  ]),
  bend('a full group waits', GROUP, [
    'delivery/group.ts',
    'if (gathering.room <= 0) depart(line, gathering, now)\n',
    '',
  ]),
  bend('a leader is not kept alive', GROUP, [
    'delivery/group.ts',
    'world.defer(lead(world, line, group, work).then(() => forget(lineName, line)))',
    'void lead(world, line, group, work)',
  ]),
  bend('a refusal lets the next block through', LIMITS, [
    'limits.ts',
    '      free.set(key, 0)\n',
    '',
  ]),
  bend('an isolate asks for every other block', LIMITS, [
    'limits.ts',
    'free.set(key, left === 0 ? block - 1 : left - 1)',
    'free.set(key, left === 0 ? 2 * block - 1 : left - 1)',
  ]),
  bend('an isolate asks for each request', LIMITS, ['limits.ts', 'if (left > 0) return\n', '']),
]
