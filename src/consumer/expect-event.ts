// For code that goes on only with a good webhook, and throws otherwise.
import type { EventType, WebhookEvent } from './events.ts'
import { refuse, WebhookRefused } from './refusal.ts'
import type { Verification } from './verify.ts'

/**
 * The event of a webhook that was verified, of one of these types; of any when none is named.
 * @throws WebhookRefused with the reason.
 */
export function expectEvent<Type extends EventType = EventType>(
  verification: Verification,
  ...types: Type[]
): Extract<WebhookEvent, { type: Type }> {
  if (!verification.ok) throw new WebhookRefused(verification)
  const { event } = verification
  if (isOfType(event, types)) return event
  throw new WebhookRefused(refuse('unexpected_type', `It is "${event.type}".`))
}

function isOfType<Type extends EventType>(
  event: WebhookEvent,
  types: readonly Type[],
): event is Extract<WebhookEvent, { type: Type }> {
  return types.length === 0 || types.some((type) => type === event.type)
}
