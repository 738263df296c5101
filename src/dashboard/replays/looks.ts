// How many a replay sends a second, from what an open page has seen of it before.
import type { Replay } from '../../db/replays/words.ts'

/** What a look at a replay has seen, and when, in Unix ms. */
export type Look = { at: number; replayed: number }

/** A page remembers its last looks so far apart, in ms: a replay sends in slices of some seconds. */
const APART_MS = 15_000

/** Two, so that the older one is always old enough to tell. */
const KEPT = 2

/** Reads what `writeLooks` wrote; what makes no sense is none. */
export function readLooks(text: string | undefined): Look[] {
  const found = (text ?? '').matchAll(/(\d{1,15})\.(\d{1,15})/g)
  return Array.from(found, ([, at, replayed]) => ({ at: Number(at), replayed: Number(replayed) }))
}

/** The looks as they go along in the URL of the next one: this one too, if it is time. */
export function writeLooks(looks: Look[], now: Look): string {
  const last = looks.at(-1)
  const all = last && now.at - last.at < APART_MS ? looks : [...looks, now]
  return all
    .slice(-KEPT)
    .map(({ at, replayed }) => `${at}.${replayed}`)
    .join(',')
}

/**
 * Sends a second: since the oldest look while the replay runs, if that is long enough ago, and otherwise
 * on average since its start. Undefined: it has only just begun.
 */
export function sendsPerSecond(replay: Replay, looks: Look[], now: number): number | undefined {
  const [oldest] = looks
  const isRecent = replay.status === 'running' && oldest && now - oldest.at >= APART_MS
  const from = isRecent ? oldest : { at: replay.createdAt, replayed: 0 }
  const ms = (replay.endedAt ?? now) - from.at
  return ms < 1000 ? undefined : Math.max(0, ((replay.replayed - from.replayed) / ms) * 1000)
}
