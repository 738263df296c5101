// Bugs in replays of a range: the cursor, the fence, the canary, the pace, the set, what is counted.
import { bend, without, type Mutant } from './mutant.ts'

const ONCE = 'test/replay/once.test.ts'
const COURSE = 'test/replay/course.test.ts'
const RUNNING = 'test/replay/running.test.ts'
const CANARY = 'test/replay/canary.test.ts'
const SLICE = 'test/replay/slice.test.ts'
const BUDGETS = 'test/replay/budgets.test.ts'
const WALK = 'test/db/walk.test.ts'

const STORE = 'db/lifecycle/replay.ts'
const ADVANCE = 'db/replays/advance.ts'
const PARTS = 'db/replays/parts.ts'
const PLAN = 'delivery/replay/slice.ts'
const STEP = 'delivery/replay/step.ts'

/** Mutants of this room. */
export const REPLAYS: Mutant[] = [
  bend('replay: the cursor passes over what there was no room for', SLICE, [
    PLAN,
    'cursor: isCut || furthest < cursor ? cursor : furthest',
    'cursor: furthest',
  ]),
  bend('replay: the cursor stays before the last one that was sent', SLICE, [
    PLAN,
    'one.cursor = endOf(found)',
    'one.cursor = one.turn.part.cursor',
  ]),
  bend('replay: a part is over when its walk is, whatever is left of that', SLICE, [
    PLAN,
    'return !isCut && walked.isOver',
    'return walked.isOver',
  ]),
  bend('replay: twice as many a second', SLICE, [
    PLAN,
    'Math.floor((ratePerSecond * SLICE_MS) / 1000)',
    'Math.floor((ratePerSecond * SLICE_MS) / 500)',
  ]),
  bend('replay: a slice leaves at once', SLICE, [
    PLAN,
    'const at = startAt + Math.max(spread(sends.length, ratePerSecond), ownSpread(one))',
    'const at = startAt',
  ]),
  bend('replay: the pace begins anew with each step', SLICE, [
    PLAN,
    'const startAt = Math.max(now, nextStepAt)',
    'const startAt = now',
  ]),
  without('replay: the canary', SLICE, [PLAN, 'Math.min(CANARY - sent, beside)', 'beside']),
  bend('replay: a canary that nothing is heard of waits for ever', SLICE, [
    PLAN,
    'now - part.lastSentAt >= SILENCE_MS',
    'false',
  ]),
  bend('replay: what is parked is no limit', SLICE, [
    PLAN,
    'part.isPaced ? ENOUGH_PARKED - part.parked : Infinity',
    'Infinity',
  ]),
  bend('replay: a delivery is redelivered however often it was', SLICE, [
    PLAN,
    'manualRetryCount >= MAX_MANUAL_RETRIES',
    'manualRetryCount < 0',
  ]),
  bend('replay: the closed are sent to', SLICE, [
    PLAN,
    "part.endpointStatus !== 'enabled'",
    "part.endpointStatus === 'deleted'",
  ]),
  without('replay: the fence', ONCE, [
    STORE,
    "AND r.step = ${step} AND r.status = 'running')\n",
    "AND r.status = 'running')\n",
  ]),
  bend('replay: what was paused goes on', COURSE, [
    STORE,
    "AND r.step = ${step} AND r.status = 'running')\n",
    'AND (r.step = ${step} OR true))\n',
  ]),
  bend('replay: an endpoint that was disabled just now is sent to', COURSE, [
    STORE,
    'NOT EXISTS (SELECT 1 FROM json_each(${parts}) own WHERE',
    'NOT EXISTS (SELECT 1 FROM json_each(${parts}) own WHERE false AND',
  ]),
  bend('replay: what has changed since the read is sent', ONCE, [
    STORE,
    "AND d.version = s.value->>'version' AND d.payload",
    'AND d.payload',
  ]),
  bend('replay: what is held is asked again and again', CANARY, [
    ADVANCE,
    'WHEN NOT EXISTS (${open} AND NOT ${isHeld()})',
    'WHEN false',
  ]),
  bend('replay: that one is held is not logged', 'U1', [
    ADVANCE,
    'return { first, second: logHeld(db, ref, terms.now) }',
    'return first',
  ]),
  bend('replay: that one is held is logged again by a late step', 'U1', [
    ADVANCE,
    'sql`${JUST_CHANGED} AND ${isPaused}`',
    'isPaused',
  ]),
  bend('replay: that one has failed is not logged', RUNNING, [
    ADVANCE,
    'rows: audited(db, systemIn(orgId), { ...change, details: { error: fault } }, failed),',
    'rows: failed,',
  ]),
  bend('replay: a recovery that has run dry is left to the sweep', RUNNING, [
    STORE,
    'iif(${hadParked}, 0, ep.pace)',
    '0',
  ]),
  bend('replay: the others of a canary are not counted', CANARY, [
    STORE,
    "iif(own.value->>'isAskedAgain', p.canary_failed, p.canary_sent) + ${sent}",
    '0',
  ]),
  bend('replay: the end does not say how many there were', COURSE, [
    ADVANCE,
    "now.status = 'completed' AND NOT r.total_is_exact",
    'false',
  ]),
  bend('replay: what comes later is taken in', COURSE, [
    STEP,
    'asOf, after, most }',
    'asOf: undefined, after, most }',
  ]),
  bend('replay: a step is made before its time', RUNNING, [
    STEP,
    'replay.nextStepAt - now > LEAD_MS + EARLY_TOLERANCE_MS',
    'replay.nextStepAt - now > 3_600_000',
  ]),
  bend('replay: a deep queue is no reason to wait', RUNNING, [
    STEP,
    'depth > ENOUGH_QUEUED',
    'depth < 0',
  ]),
  bend('replay: a filter that does not read matches everything', RUNNING, [
    STEP,
    'const filter = readFilter(replay.filter)',
    'const filter = readFilter(replay.filter) ?? {}',
  ]),
  bend('replay: nobody looks for what is overdue', ONCE, [
    'db/replays/overdue.ts',
    'WHERE r.next_step_at <= ${now - OVERDUE_MS}',
    'WHERE r.next_step_at <= ${now - 600_000}',
  ]),
  bend('replay: a step that failed does not come back', ONCE, [
    'delivery/receive.ts',
    'message.retry({ delaySeconds: FAULT_DELAY_S })',
    'message.ack()',
  ]),
  bend('replay: a failure stays beside its success', CANARY, [
    PARTS,
    ' - sum(o.is_late) AS failed',
    ' AS failed',
  ]),
  bend('replay: one success proves nothing', CANARY, [
    PARTS,
    'is_proven = p.is_proven OR sums.delivered > 0',
    'is_proven = p.is_proven',
  ]),
  bend('replay: a step begins with all that there is', BUDGETS, [
    STORE,
    "d.stage IN ${stagesFrom(sql`s.key`, 'any')}",
    "d.stage IN ('new', 'pending', 'delivered', 'exhausted')",
  ]),
  bend('walk: another org’s endpoint is walked through', WALK, [
    'db/walk.ts',
    'WHERE ep.org_id = ${orgId} AND ep.id = ${endpointId}\n    UNION ALL',
    'WHERE ep.id = ${endpointId}\n    UNION ALL',
  ]),
  bend('walk: what has changed since is taken in', WALK, [
    'db/walk.ts',
    'w.updated_at < ${asOf}',
    'w.updated_at < ${asOf} + 10',
  ]),
]
