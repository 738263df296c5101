// The destinations of an event that got no delivery, as they are stored with it.
import { z } from 'zod'
import { readStored } from './stored-json.ts'

/** A URL as it was given, and the sentence that says what is wrong with it. */
export type RefusedUrl = { url: string; message: string }

/** A destination that got no delivery, and why; `endpointId` null is the call's own URL. */
export type Skipped =
  | { endpointId: string; reason: 'disabled' | 'not_subscribed' }
  | { endpointId: string; reason: 'filtered'; message: string }
  | ({ endpointId: null; reason: 'invalid_url' } & RefusedUrl)

/** The destinations of one event that got no delivery: JSON text for `readSkipped`. */
export type StoredSkipped = { id: string; skipped: string }

/** As insertEvents writes it: what nothing was skipped for is left out, which is nearly all. */
const StoredSkipped = z.object({
  disabled: z.array(z.string()).optional(),
  not_subscribed: z.array(z.string()).optional(),
  filtered: z.record(z.string(), z.string()).optional(),
  invalid_url: z.object({ url: z.string(), message: z.string() }).optional(),
})

/** The destinations that got no delivery, from the text that is stored with an event. */
export function readSkipped(text: string): Skipped[] {
  const stored = readStored(text, StoredSkipped, {})
  const { disabled = [], not_subscribed = [], filtered = {}, invalid_url } = stored
  return [
    ...disabled.map((endpointId) => ({ endpointId, reason: 'disabled' as const })),
    ...not_subscribed.map((endpointId) => ({ endpointId, reason: 'not_subscribed' as const })),
    ...Object.entries(filtered).map(([endpointId, message]) => ({
      endpointId,
      reason: 'filtered' as const,
      message,
    })),
    ...(invalid_url ? [{ endpointId: null, reason: 'invalid_url' as const, ...invalid_url }] : []),
  ]
}
