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

/** Disabled and by whom; or else how its attempts go. */
export function StateBadge(props: { endpoint: Endpoint; condition: Condition }) {
  const { endpoint, condition } = props
  if (endpoint.status === 'disabled') {
    const isOurs = endpoint.disabledReason === 'too_many_failures'
    return <Badge kind="bad">{isOurs ? 'Disabled: too many failures' : 'Disabled'}</Badge>
  }
  const { kind, name } = CONDITIONS[condition]
  return <Badge kind={kind}>{name}</Badge>
}
