// Deliveries that cannot be sent again as things are: why, and what helps.
import { ENDPOINTS } from '../context.ts'

/** What keeps a delivery from being redelivered. */
export type Closed = 'disabled' | 'deleted' | 'forgotten'

/** A delivery as far as it matters here. */
type DeliveryThen = { endpointId: string | null; payloadDeletedAt: number | null }

/** An endpoint as far as it matters here; one that was deleted has no status. */
type EndpointThen = { id: string; status: 'enabled' | 'disabled' | null }

/** What keeps a delivery from being redelivered, given the org's endpoints by id; an inline one has none. */
export function closedAmong(
  { endpointId, payloadDeletedAt }: DeliveryThen,
  endpoints: Map<string, EndpointThen>,
): Closed | undefined {
  if (payloadDeletedAt !== null) return 'forgotten'
  if (endpointId === null) return undefined
  const status = endpoints.get(endpointId)?.status
  if (status === 'disabled') return 'disabled'
  return status === 'enabled' ? undefined : 'deleted'
}

/** The same where the endpoint is known, or known to be none. */
export function closedBy(
  { payloadDeletedAt }: Pick<DeliveryThen, 'payloadDeletedAt'>,
  endpoint: EndpointThen | undefined,
): Closed | undefined {
  if (payloadDeletedAt !== null) return 'forgotten'
  if (!endpoint || endpoint.status === 'enabled') return undefined
  return endpoint.status ?? 'deleted'
}

/** In the place of the button to redeliver: the reason, and the button that helps. */
export function InsteadOfRedeliver(props: {
  closed: Closed
  endpointId: string | null
  of: string
}) {
  const { closed, endpointId, of } = props
  if (closed === 'forgotten') return <span class="muted small">Payload deleted</span>
  if (closed === 'deleted') return <span class="muted small">Endpoint deleted</span>
  return (
    <span class="closed">
      <span class="muted small">Endpoint disabled</span>{' '}
      <a class="button small quiet" href={enableUrl(endpointId)}>
        Enable…<span class="hidden"> the endpoint of {of}</span>
      </a>
    </span>
  )
}

/** Where an endpoint is enabled. */
export function enableUrl(endpointId: string | null): string {
  return `${ENDPOINTS}/${endpointId ?? ''}/status?status=enabled`
}
