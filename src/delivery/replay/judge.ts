// What of the missed events an endpoint's filter lets through, as it is now.
import { readCalls } from '../../db/stored-calls.ts'
import type { Walked } from '../../db/walk.ts'
import { findUnmet, readExactly, tryToRead } from '../../filter/filter.ts'
import type { World } from '../../world.ts'
import type { WalkedTurn } from './slice.ts'

/**
 * Judges what endpoints that have a filter have missed. What is more than can be read at once is left to the next
 * step, as though the walk had not come so far.
 */
export async function judgeMissed(
  { store }: Pick<World, 'store'>,
  orgId: string,
  walks: WalkedTurn[],
): Promise<WalkedTurn[]> {
  const missed = walks.flatMap(({ turn: { part }, walked }) =>
    part.filter === null ? [] : walked.missed,
  )
  if (missed.length === 0) return walks
  const refs = [...new Map(missed.map((one) => [one.id, one])).values()]
  const inOrder = refs.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const calls = await readCalls(store.of(orgId), orgId, inOrder)
  const end = inOrder.find(({ id }) => !calls.has(id))?.id
  return walks.map(({ turn, walked }) => ({
    turn,
    walked: turn.part.filter === null ? walked : judge(walked, turn.part.filter, calls, end),
  }))
}

function judge(
  walked: Walked,
  text: string,
  calls: Map<string, string | null>,
  end: string | undefined,
): Walked {
  const filter = tryToRead(text)
  const missed = walked.missed.map((one) => {
    const call = calls.get(one.id) ?? null
    const unmet = filter && call !== null ? findUnmet(filter, readExactly(call)) : undefined
    return { ...one, isFiltered: unmet !== undefined }
  })
  return end === undefined ? { ...walked, missed } : cut({ ...walked, missed }, end)
}

/** Of a walk what lies before an id. */
function cut({ matches, missed }: Walked, end: string): Walked {
  const isBefore = ({ id }: { id: string }) => id < end
  return {
    matches: matches.filter(isBefore),
    missed: missed.filter(isBefore),
    furthest: null,
    isOver: false,
  }
}
