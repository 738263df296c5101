// A receiver may answer with what it was sent: the values of an endpoint's own headers are covered before that is kept.
import { coverValue, isTelling, type HeaderLine } from '../../webhook/own-headers.ts'
import { answerOf, type Outcome } from '../send/outcome.ts'

/** The outcome with the values, and the words of them, as they are shown everywhere; short ones tell too little. */
export function coverEchoes(outcome: Outcome, own: readonly HeaderLine[]): Outcome {
  const answer = answerOf(outcome)
  const values = own.flatMap(([, value]) => [value, ...value.split(' ')]).filter(isTelling)
  if (!answer || values.length === 0) return outcome
  const longestFirst = values.toSorted((a, b) => b.length - a.length)
  const cover = (text: string): string =>
    longestFirst.reduce(
      (covered, value) => covered.replaceAll(value, () => coverValue(value)),
      text,
    )
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, cover(value)])
  const covered = {
    ...answer,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: cover(answer.body),
  }
  return outcome.kind === 'response' ? { ...outcome, ...covered } : { ...outcome, answer: covered }
}
