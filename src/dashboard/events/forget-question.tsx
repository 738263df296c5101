// What is asked before an event's payload is deleted: in words that say what stays, and what does not.
import type { InspectedEvent } from '../../db/views/inspect-event.ts'
import { EVENTS } from '../context.ts'
import { Question } from '../ui/forms.tsx'

/** The event that is asked about; the token is the form's. */
type Asked = { event: InspectedEvent; token: string }

/** Before it is deleted. */
export function AskToForget({ event: { id, type, deliveries }, token }: Asked) {
  const pending = deliveries.filter(({ status }) => status === 'pending').length
  return (
    <Question
      title={`Delete the payload of this ${type}?`}
      action={`${EVENTS}/${id}/forget`}
      token={token}
      submit="Delete the payload"
      back={`${EVENTS}/${id}`}
    >
      <p>
        All that the event says of its call is deleted, for good: it cannot be undone. The event
        stays with its type and its call’s id, and so do its deliveries with their URLs and
        attempts, and what receivers have answered. None of them can be sent again.
      </p>
      {pending === 0 ? null : (
        <p>
          <strong>
            {pending === 1 ? 'One delivery is pending' : `${pending} deliveries are pending`}
          </strong>{' '}
          and ends as exhausted. An attempt that is on its way may still arrive.
        </p>
      )}
      <p>The database’s own backups keep it until they expire.</p>
    </Question>
  )
}
