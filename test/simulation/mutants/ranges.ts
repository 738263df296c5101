// Bugs in replays of a range that the simulation has to notice, whatever tests of their own do.
import { bend, without, type Mutant } from './mutant.ts'

const STORE = 'db/lifecycle/replay.ts'
const ADVANCE = 'db/replays/advance.ts'
const CONTROL = 'db/replays/control.ts'
const OUTCOMES = 'db/lifecycle/replay-outcomes.ts'
const PLAN = 'delivery/replay/slice.ts'
const STEP = 'delivery/replay/step.ts'

/** Mutants of this room. */
export const RANGES: Mutant[] = [
  without(
    'range: the fence',
    'Y7',
    [STORE, "AND r.step = ${step} AND r.status = 'running')\n", "AND r.status = 'running')\n"],
    [STORE, 'AND step = ${step}\n          AND', 'AND step <= ${step}\n          AND'],
  ),
  bend('range: a step leaves the fence where it was', 'Y7', [
    ADVANCE,
    'SET step = r.step + 1, status = now.status',
    'SET step = r.step, status = now.status',
  ]),
  bend('range: the cursor passes over what there was no room for', 'Y1', [
    PLAN,
    'return !isCut && walked.isOver',
    'return walked.isOver',
  ]),
  bend('range: the cursor does not advance', 'Y7', [
    STORE,
    "SET cursor = own.value->>'cursor', is_over",
    'SET cursor = p.cursor, is_over',
  ]),
  bend('range: a canary never holds', 'Y7', [
    ADVANCE,
    'p.canary_failed >= ${CANARY}',
    'p.canary_failed > ${CANARY}',
  ]),
  bend('range: a canary holds at its first failure', 'Y7', [
    ADVANCE,
    'p.canary_failed >= ${CANARY}',
    'p.canary_failed >= 1',
  ]),
  bend('range: a canary that nothing is heard of waits for ever', 'Y5', [
    PLAN,
    'now - part.lastSentAt >= SILENCE_MS',
    'false',
  ]),
  bend('range: a resumption does not try again', 'Y7', [
    CONTROL,
    'SET canary_sent = 0, canary_failed = 0',
    'SET canary_sent = canary_sent',
  ]),
  bend('range: a step ahead of its time begins at once', 'Y4', [
    PLAN,
    'const startAt = Math.max(now, nextStepAt)',
    'const startAt = now',
  ]),
  bend('range: lost time is made up for', 'Y4', [
    PLAN,
    'const startAt = Math.max(now, nextStepAt)',
    'const startAt = nextStepAt',
  ]),
  bend('range: twice as many a second', 'Y4', [
    PLAN,
    'spread(sends.length, ratePerSecond)',
    'spread(sends.length, 2 * ratePerSecond)',
  ]),
  bend('range: what has changed since the start is taken in', 'Y2', [
    'db/walk.ts',
    'w.updated_at < ${asOf}',
    '${asOf} > 0',
  ]),
  bend('range: what was created since the start is taken in', 'Y2', [
    'db/walk.ts',
    'Math.min(createdBefore, asOf)',
    'createdBefore',
  ]),
  bend('range: nobody asks whether an endpoint is closed', 'Y3', [
    PLAN,
    "part.endpointStatus !== 'enabled'",
    'part.endpointStatus === undefined',
  ]),
  bend('range: an endpoint that was closed just now is sent to', 'Y3', [
    STORE,
    'NOT EXISTS (SELECT 1 FROM json_each(${parts}) own WHERE',
    'NOT EXISTS (SELECT 1 FROM json_each(${parts}) own WHERE false AND',
  ]),
  bend('range: what has changed since the read is sent', 'Y2', [
    STORE,
    "AND d.version = s.value->>'version' AND d.payload",
    'AND d.payload',
  ]),
  bend('range: a record that is repeated counts twice', 'Y7', [
    OUTCOMES,
    'IS NOT NULL AND ${takesEffect}`',
    "IS NOT NULL AND d.org_id = a.value->>'orgId' AND d.id = a.value->>'id'`",
  ]),
  bend(
    'range: a step under way goes on through a pause',
    'Y5',
    [STORE, "AND r.step = ${step} AND r.status = 'running')\n", 'AND r.step = ${step})\n'],
    [CONTROL, 'SET step = step + 1, updated_at', 'SET step = step, updated_at'],
  ),
  bend('range: the cron wakes nothing', 'Y5', [
    'db/replays/overdue.ts',
    'WHERE r.next_step_at <= ${now - OVERDUE_MS}',
    'WHERE r.next_step_at <= 0',
  ]),
  bend('range: a step sends no message for the next one', 'Y5', [
    STEP,
    'await sendStep(world, next, done.nextStepAt)',
    'await Promise.resolve(next)',
  ]),
  bend('range: a start sends no message', 'Y5', [
    'delivery/replay/start.ts',
    "if (status === 'running') world.defer(",
    "if (status === 'paused') world.defer(",
  ]),
  bend('range: each repetition of a start is one', 'Y1', [
    'db/replays/start.ts',
    'condition: isRunning ? sql`${key.isFree} AND ${hasRoomToRun(orgId)}` : key.isFree,',
    'condition: isRunning ? hasRoomToRun(orgId) : key.isFree,',
  ]),
  bend('range: what was moved is not sent', 'T2', [
    STEP,
    'await send(world, done.sent, now)',
    'await send(world, [], now)',
  ]),
  bend('range: all that is paced is left to the recovery', 'Y7', [
    STORE,
    'THEN ${CROWD} END',
    'THEN 0 END',
  ]),
  bend('range: an attempt does not name its replay', 'A10', [
    STORE,
    'by: sql`${BY_REPLAY + replayId}`',
    'by: sql`${replayId}`',
  ]),
  without('range: the rest while the org is moved', 'M1', [
    STORE,
    '    AND NOT ${isMoving(sql`${orgId}`)}\n',
    '',
  ]),
]
