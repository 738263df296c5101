// How a move goes on from where it is, as a pure function: passes, portions and places.
import type { Advance, Move, Progress } from '../db/move/ledger.ts'
import { HISTORY_PORTIONS, LAST_PORTIONS, type Portion } from '../db/move/portions.ts'
import type { Place } from '../db/move/read.ts'
import { MOVED } from '../db/move/tables.ts'

/**
 * What was made or changed so long before a pass began, in ms, is left to the next one. Whoever writes says
 * when by its own clock: that and ours may be five minutes off, each its own way, an attempt takes half a
 * minute, and D1 may take minutes to write what it was sent.
 */
const MARGIN_MS = 15 * 60_000

/** A pass that took less, in ms, leaves so little behind that the org can be fenced. */
const SHORT_PASS_MS = 60_000

/** Passes at most: after these the org is fenced, however much it does meanwhile. */
const MAX_PASSES = 6

/** The portions of the phase that a move is in, when it copies. */
export function portionsOf({ phase }: Pick<Move, 'phase'>): readonly Portion[] {
  return phase === 'settling' ? LAST_PORTIONS : HISTORY_PORTIONS
}

/** Whether all of the pass is copied, so that the next step fences the org. */
export function isBeforeFence({ phase, progress }: Move, now: number): boolean {
  if (phase !== 'copying' || progress.portion < HISTORY_PORTIONS.length) return false
  return now - progress.begunAt < SHORT_PASS_MS || progress.pass + 1 >= MAX_PASSES
}

/** The first pass: all that was made until a while ago. */
export function firstPass(now: number): Progress {
  return { pass: 0, portion: 0, after: null, since: null, until: now - MARGIN_MS, begunAt: now }
}

/** The next pass: what was made since the last one's end. */
export function nextPass({ progress: { pass, until } }: Move, now: number): Progress {
  const end = Math.max(until ?? 0, now - MARGIN_MS)
  return { pass: pass + 1, portion: 0, after: null, since: until, until: end, begunAt: now }
}

/** The last one, behind the fence: what was made since, up to the end. */
export function lastPass({ progress: { pass, until } }: Move, now: number): Progress {
  return { pass: pass + 1, portion: 0, after: null, since: until, until: null, begunAt: now }
}

/** After a page: on from its end, or with the next portion. */
export function afterPage({ progress }: Move, next: Place | undefined): Progress {
  if (next) return { ...progress, after: next }
  return { ...progress, portion: progress.portion + 1, after: null }
}

/** Clearing begins with the first table. */
export function startClearing({ progress }: Move, now: number): Progress {
  return { ...progress, portion: 0, after: null, begunAt: now }
}

/** After a deletion: the next table once this one has nothing left; in the end the move is over. */
export function afterDeletion(
  { progress }: Move,
  hasMore: boolean,
): Pick<Advance, 'phase' | 'progress'> {
  if (hasMore) return { phase: 'clearing', progress }
  const portion = progress.portion + 1
  return { phase: portion > MOVED.length ? 'over' : 'clearing', progress: { ...progress, portion } }
}
