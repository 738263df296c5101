// The head, the explanation and the timeline of a delivery's page, in each state.
import { DeliveryState } from '../delivery/page.tsx'
import { makeEntry } from './made-up/made-attempts.ts'
import { DELIVERY_STATES, ENDPOINT_ID, makeDelivery } from './made-up/made-deliveries.ts'
import { LONG_NAME, LONG_URL, SHORT_URL } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** What is attempted by the system, at most. */
const MAX_ATTEMPTS = 8

type Told = (typeof DELIVERY_STATES)[number]['told']

/** The endpoint of the deliveries, if they have one. */
type Owner = { url: string | null; status: 'enabled' | 'disabled' | null; disabledReason: string }

const ENABLED: Owner = { url: SHORT_URL, status: 'enabled', disabledReason: '' }

/** What the endpoint is, where that is what the page tells. */
const OWNERS: Record<string, Owner> = {
  Held: { ...ENABLED, status: 'disabled', disabledReason: 'too_many_failures' },
  'Endpoint deleted': { url: null, status: null, disabledReason: '' },
  'Exhausted, redelivered in vain': { ...ENABLED, url: LONG_URL },
  Exhausted: { ...ENABLED, status: 'disabled', disabledReason: 'request' },
}

/** The board. */
export function DeliveriesBoard({ now }: { now: number }) {
  return DELIVERY_STATES.map(({ name, told }) => (
    <Specimen title={name}>
      <OneDelivery now={now} told={told} owner={OWNERS[name] ?? ENABLED} />
    </Specimen>
  ))
}

function OneDelivery({ now, told, owner }: { now: number; told: Told; owner: Owner }) {
  const delivery = makeDelivery(now, told(now))
  const isInline = delivery.endpointId === null
  const endpoint = {
    id: ENDPOINT_ID,
    description: LONG_NAME,
    clientCertificate: null,
    ...owner,
  }
  const inspection = {
    delivery: { ...delivery, attempts: '[]' },
    event: undefined,
    endpoint: isInline ? undefined : endpoint,
    secrets: [],
  }
  const error = isInline ? 'The webhook_url of its call is not allowed any more.' : undefined
  return (
    <DeliveryState
      {...{ inspection, now, error }}
      log={logOf(delivery)}
      maxAttempts={MAX_ATTEMPTS}
    />
  )
}

/** As many attempts as are counted, up to three; the last as the delivery says. */
function logOf(delivery: ReturnType<typeof makeDelivery>) {
  const { attemptCount, lastError, lastResponseStatus, status } = delivery
  const count = Math.min(3, attemptCount)
  return Array.from({ length: count }, (_, place) => {
    const isArrived = place === count - 1 && (status === 'delivered' || lastError === null)
    if (isArrived) return makeEntry(place + 1)
    const error = { kind: 'http_status', message: lastError ?? 'HTTP 500' } as const
    const response = { status: lastResponseStatus ?? 500, headers: {}, body: '' }
    return makeEntry(place + 1, { error, response })
  })
}
