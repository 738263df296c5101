// An endpoint's state as it is shown.
import type { Condition } from '../../db/views/conditions.ts'
import { stateOf, type EndpointFacts } from './endpoint-words.ts'
import { Badge } from './parts.tsx'

/** Disabled, or else how its attempts go. */
export function StateBadge(props: { endpoint: EndpointFacts; condition: Condition }) {
  const { kind, name } = stateOf(props.endpoint, props.condition)
  return <Badge kind={kind}>{name}</Badge>
}
