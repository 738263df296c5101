// The filters that endpoints of a run may have, and by what each lets an event through: told by hand, not by the code.
import type { Row } from '../world/history.ts'

/**
 * The id of the call that the so many-th event is about: a call of its own; where there are so many `calls`, one of these in turn, whose
 * id is the same each time but for its capitals, which tell the event.
 */
export function callId(place: number, calls: number): string {
  if (calls === 0) return `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`
  const id = `${String((place % calls) + 1).padStart(8, '0')}-cafe-4bad-8bed-facadedecade`
  let left = place
  return id.replace(LETTERS, (letter) => {
    const isCapital = left % 2 === 1
    left = Math.floor(left / 2)
    return isCapital ? letter.toUpperCase() : letter
  })
}

/** Which event came with a call's id. */
export function placeIn(id: string): number {
  const letters = id.match(LETTERS)
  if (!letters) return Number(id.slice(-12))
  return letters.reduce((place, letter, bit) => place + (/[A-F]/.test(letter) ? 2 ** bit : 0), 0)
}

const LETTERS = /[a-f]/gi

/** In the order in which patches give them; null is none. Of a repeated member the last counts. */
const FILTERS: readonly { text: string | null; lets: (place: number) => boolean }[] = [
  { text: `{"path":"id","equals":"${callId(1, 0)}"}`, lets: (place) => place === 1 },
  { text: '{"all":[{"path":"10","equals":1},{"path":"a","equals":null}]}', lets: () => true },
  { text: '{"path":"2","lt":9007199254740993}', lets: () => false },
  { text: null, lets: () => true },
]

/** The filter that the step with this number gives an endpoint. */
export function filterOf(place: number): string | null {
  return FILTERS[place % FILTERS.length]?.text ?? null
}

/** Whether an endpoint, as it is, lets the so many-th event through. */
export function letsThrough({ filter }: Row, place: number): boolean {
  return FILTERS.find(({ text }) => text === (filter ?? null))?.lets(place) ?? false
}
