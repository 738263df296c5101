// What an empty dashboard says: the way to a first delivery.
import { ENDPOINTS } from '../context.ts'
import { SendEvent } from './commands.tsx'
import { may } from './may.tsx'
import { Empty } from './parts.tsx'

/** An endpoint to create, and an event to send to the service at `origin`. */
export function FirstSteps({ origin }: { origin: string }) {
  if (!may('manage')) return <Empty title="No deliveries yet" />
  return (
    <Empty title="No deliveries yet">
      <p>
        <a href={`${ENDPOINTS}/new`}>Create an endpoint</a>, then send an event:
      </p>
      <SendEvent origin={origin} />
    </Empty>
  )
}
