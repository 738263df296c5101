// What an empty dashboard says: the way to a first delivery.
import { ENDPOINTS } from '../context.ts'
import { Empty } from './parts.tsx'

const EVENT = '{"type":"call.completed","call":{"id":"4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10"}}'

/** An endpoint to create, and an event to send to the service at `origin`. */
export function FirstSteps({ origin }: { origin: string }) {
  return (
    <Empty title="No deliveries yet">
      <p>
        <a href={`${ENDPOINTS}/new`}>Create an endpoint</a>, then send an event:
      </p>
      <pre tabindex={0} role="region" aria-label="Command to send an event">
        {`curl ${origin}/v1/events \\\n  -H 'Authorization: Bearer sk_…' \\\n  -H 'Content-Type: application/json' \\\n  -d '${EVENT}'`}
      </pre>
    </Empty>
  )
}
