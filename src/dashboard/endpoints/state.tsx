// An endpoint's state in a word.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition } from '../../db/views/conditions.ts'
import { Badge, type BadgeKind } from '../ui/parts.tsx'

/** What each condition is called. */
const CONDITIONS: Record<Condition, { kind: BadgeKind; name: string }> = {
  well: { kind: 'ok', name: 'Enabled' },
  slow: { kind: 'wait', name: 'Slow' },
  failing: { kind: 'bad', name: 'Failing' },
  recovering: { kind: 'wait', name: 'Recovering' },
}

/** Disabled, or else how its attempts go. */
export function StateBadge(props: { endpoint: Endpoint; condition: Condition }) {
  const { endpoint, condition } = props
  if (endpoint.status === 'disabled') return <Badge kind="bad">Disabled</Badge>
  const { kind, name } = CONDITIONS[condition]
  return <Badge kind={kind}>{name}</Badge>
}

/** Whether it was us who disabled the endpoint, and not a person. */
export function isDisabledByUs({ disabledReason }: Endpoint): boolean {
  return disabledReason === 'too_many_failures'
}
