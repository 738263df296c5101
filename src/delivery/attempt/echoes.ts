// A receiver may answer with what it was sent: the values of an endpoint's own headers are covered before that is kept.
import { COVER, coverValue, isTelling, type HeaderLine } from '../../webhook/own-headers.ts'
import { answerOf, type Outcome } from '../send/outcome.ts'

/** From so many characters on the beginning of a value, whose end was cut off, tells something of it. */
const LEAST_CUT = 6

/**
 * The outcome, in whose answer each value, and each word of one, is covered as it is shown everywhere: also where it was
 * quoted as JSON, and where what is kept of the answer ends within it. Short ones are left: a text may have them by chance.
 */
export function coverEchoes(outcome: Outcome, own: readonly HeaderLine[]): Outcome {
  const answer = answerOf(outcome)
  const words = own.flatMap(([, value]) => [value, ...value.split(' ')])
  // Most of them are the same as JSON, and one word.
  const values = [...new Set(words.flatMap((value) => [value, quote(value)]))].filter(isTelling)
  if (!answer || values.length === 0) return outcome
  const longestFirst = values.toSorted((a, b) => b.length - a.length)
  const cover = (text: string): string =>
    coverEnd(
      longestFirst.reduce(
        (covered, value) => covered.replaceAll(value, () => coverValue(value)),
        text,
      ),
      values,
    )
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, cover(value)])
  const covered = {
    ...answer,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: cover(answer.body),
  }
  return outcome.kind === 'response' ? { ...outcome, ...covered } : { ...outcome, answer: covered }
}

/** As it stands in JSON. */
function quote(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}

/** A text that ends in the beginning of a value, which may be all that was kept of that, without it. */
function coverEnd(text: string, values: string[]): string {
  const kept = text.endsWith(COVER) ? text.slice(0, -COVER.length) : text
  const length = Math.max(...values.map((value) => lengthAtEnd(kept, value)))
  return length < LEAST_CUT ? text : kept.slice(0, -length) + COVER
}

/** How many characters of a value's beginning a text ends in. */
function lengthAtEnd(text: string, value: string): number {
  for (let length = value.length - 1; length > 0; length -= 1) {
    if (text.endsWith(value.slice(0, length))) return length
  }
  return 0
}
