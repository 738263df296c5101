// What is left of an endpoint that was deleted: its links lead here.
import { DELIVERIES, ENDPOINTS, SETTINGS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { Badge, Notice, Time } from '../ui/parts.tsx'

/** What is known of it. */
export type Deleted = { id: string; description: string | null; deletedAt: number }

/** The whole page; an open page of the endpoint becomes it. */
export function DeletedEndpoint({
  endpoint: { id, description, deletedAt },
}: {
  endpoint: Deleted
}) {
  return (
    <div id="endpoint">
      <div class="page-head">
        <div class="clip-parent">
          <p class="crumb">
            <a href={ENDPOINTS}>Endpoints</a>
          </p>
          <h1>
            <span class="breakable">{description ?? 'An endpoint without a name'}</span>{' '}
            <Badge kind="plain">Deleted</Badge>
          </h1>
          <p class="muted small mono breakable">
            <Copyable what="endpoint id" text={id} />
          </p>
        </div>
      </div>
      <Notice kind="wait">
        It was deleted on <Time at={deletedAt} />. It gets nothing any more, and what it had got
        cannot be sent again. <a href={`${DELIVERIES}?endpoint=${id}`}>Its deliveries</a> stay
        readable; <a href={`${SETTINGS}/audit-log`}>the audit log</a> says who deleted it.
      </Notice>
    </div>
  )
}
