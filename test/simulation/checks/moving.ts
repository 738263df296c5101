// M1–M5: an org that moves from one database to another.
import { isMover } from '../world/homes.ts'
import { idIn, type Evidence } from './evidence.ts'

/** Where an org comes to be at home, it is as it was: no row is lost, come up, or another. */
export function M1(evidence: Evidence): string[] {
  return evidence.run.history.homes.flatMap(({ differences }) => differences)
}

/**
 * Nobody but a move has to do with an org where it is not at home: nothing of it is read there, written or
 * swept up; and while it is fenced, nothing of it is written where it is.
 */
export function M2(evidence: Evidence): string[] {
  const { strays, misread } = evidence.run.history
  const written = strays.filter(({ kind }) => kind !== 'heartbeats')
  const late = evidence.steps.filter(({ kind, tx }) => isOfOrg(kind) && evidence.isFencedAt(tx))
  return [
    ...written.map(({ actor, kind, id }) => `${actor.name} wrote ${kind} ${id} elsewhere`),
    ...misread.map(({ actor, sql }) => `${actor.name} read elsewhere: ${sql.slice(0, 200)}`),
    ...late.map(({ actor, kind, id }) => `${actor.name} wrote ${kind} ${id} behind the fence`),
  ]
}

/** A fence refuses no longer than it stands: who is refused without a fault of the world meets one. */
export function M3(evidence: Evidence): string[] {
  const { run } = evidence
  return run.history.calls.flatMap(({ actor, error, startTx }) => {
    if (error?.code !== 'unavailable' || !error.message) return []
    const isExcused = run.schedule.faults.length > 0 || hasOutage(run)
    const span = Array.from({ length: error.tx - startTx + 1 }, (_, place) => startTx + place)
    return isExcused || span.some((tx) => evidence.isFencedAt(tx))
      ? []
      : [`${actor.name} was refused without a fence`]
  })
}

/** A move ends: in the end no fence stands, and nothing is left of the org where it is not at home. */
export function M4(evidence: Evidence): string[] {
  const { run } = evidence
  if (!run.isSettled) return []
  const fence = evidence.isFencedAt(run.history.tx + 1) ? ['a fence stands in the end'] : []
  const moved = run.history.actors.some(isMover) ? run.left : []
  return [...fence, ...moved.map((what) => `left behind: ${what}`)]
}

/**
 * What came of an attempt that met a fence on its way back is recorded where the org has come to: where
 * nothing else goes wrong, no version is sent twice.
 */
export function M5(evidence: Evidence): string[] {
  const { posts, homes } = evidence.run.history
  if (homes.length === 0 || hasTrouble(evidence.run)) return []
  const sent = posts.map((post) => {
    const row = evidence.rowAt('deliveries', idIn(post), post.readTx)
    return `${idIn(post)} at version ${row?.['version']}`
  })
  const again = sent.filter((one, place) => sent.indexOf(one) < place)
  return again.map((one) => `${one} was sent again`)
}

/** Faults, outages and chance, each of which may have something sent again. */
function hasTrouble({ schedule }: Evidence['run']): boolean {
  const { faults, seed, skew, steps } = schedule
  const isOdd = steps.some(({ action }) => action === 'down' || action === 'purge')
  return faults.length > 0 || seed !== 0 || skew.some((one) => one !== 0) || isOdd
}

/** The marks of a move, and of the jobs, are no org's data. */
function isOfOrg(kind: string): boolean {
  return !['departures', 'arrivals', 'heartbeats'].includes(kind)
}

function hasOutage({ schedule }: Evidence['run']): boolean {
  return schedule.steps.some(({ action }) => action === 'down')
}
