// What is asked before a replay on its way is changed, where somebody comes to that address.
import type { Replay } from '../../db/replays/words.ts'
import { REPLAYS } from '../context.ts'
import { Question } from '../ui/forms.tsx'
import { writeCount } from '../ui/parts.tsx'

/** What can be done to a replay. */
export type Verb = 'pause' | 'resume' | 'cancel' | 'rate'

const ASKED: Record<Verb, { title: string; submit: string }> = {
  pause: { title: 'Pause this replay?', submit: 'Pause' },
  resume: { title: 'Resume this replay?', submit: 'Resume' },
  cancel: { title: 'Cancel this replay for good?', submit: 'Cancel for good' },
  rate: { title: 'Change the pace of this replay?', submit: 'Change the pace' },
}

/** Canceling cannot be undone; the others are only asked where their page was left in between. */
export function AskToControl(props: { replay: Replay; verb: Verb; rate: string; token: string }) {
  const { replay, verb, rate, token } = props
  const { id, remaining } = replay
  return (
    <Question
      {...ASKED[verb]}
      action={`${REPLAYS}/${id}/${verb}`}
      fields={verb === 'rate' ? [['rate', rate]] : []}
      token={token}
      isDangerous={verb === 'cancel'}
      back={`${REPLAYS}/${id}`}
    >
      <p>{describe(verb, writeCount(remaining), rate)}</p>
    </Question>
  )
}

function describe(verb: Verb, remaining: string, rate: string): string {
  const all: Record<Verb, string> = {
    pause: `Within a few seconds nothing more is sent. The other ${remaining} wait until it is resumed.`,
    resume: `It goes on with the other ${remaining}.`,
    cancel: `What was sent is sent. The other ${remaining} stay as they are, and this replay cannot be resumed.`,
    rate: `It sends ${rate} deliveries a second from now on, at most.`,
  }
  return all[verb]
}
