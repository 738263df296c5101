// The filters that endpoints of a run may have, and by what each lets an event through: told by hand, not by the code.
import type { Row } from '../world/history.ts'

/** The id of the call that the so many-th event is about. */
export function callId(place: number): string {
  return `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`
}

/** In the order in which patches give them; null is none. Of a repeated member the last counts. */
const FILTERS: readonly { text: string | null; lets: (place: number) => boolean }[] = [
  { text: `{"path":"id","equals":"${callId(1)}"}`, lets: (place) => place === 1 },
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
