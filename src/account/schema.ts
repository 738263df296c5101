// What may be said of an account's things: one schema for each, which every door reads its input with.
import { z } from 'zod'
import { EVENT_TYPES } from '../webhook/event-types.ts'

/** Characters of a description, at most: Unicode code points, so an emoji is one. */
export const MAX_DESCRIPTION = 1000

/** Characters of a name, at most, counted alike. */
export const MAX_NAME = 200

/** Days that a key may live, at most: ten years. */
export const MAX_KEY_DAYS = 3650

/** Longest overlap in seconds, a week: enough to roll a secret out, short enough that a leaked one dies. */
const MAX_OVERLAP_S = 604_800

const DAY_MS = 24 * 3_600_000

/** A name, without the spaces around it; there must be something left. */
export const Name = text(MAX_NAME).refine((name) => name !== '', 'must not be empty')

/** A description, without the spaces around it; an empty one is none. */
export const Description = text(MAX_DESCRIPTION)
  .nullable()
  .transform((description) => description || null)

/** Where an endpoint leads; what else is asked of a URL is in `findRefusal`. */
export const EndpointUrl = z.string('must be a URL')

/** An event type of the closed list. */
export const EventTypeName = z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(', ')}`)

const EVENTS_HINT = `must be ["*"] or a list of event types: ${EVENT_TYPES.join(', ')}`

/** Event types, each of them kept once, or `["*"]` for all. */
export const EnabledEvents = z
  .array(z.enum([...EVENT_TYPES, '*'], EVENTS_HINT), EVENTS_HINT)
  .min(1, EVENTS_HINT)
  .transform((types): string[] => [...new Set(types)])
  .refine((types) => types.length === 1 || !types.includes('*'), EVENTS_HINT)

/** Whether an endpoint takes part. */
export const EndpointStatus = z.enum(['enabled', 'disabled'], 'must be "enabled" or "disabled"')

/** What a key is for; it shows in its first characters. */
export const KeyMode = z.enum(['live', 'test'], 'must be "live" or "test"')

/** How long the secrets before a new one go on signing, in seconds. */
export const OverlapSeconds = z
  .int(`must be a whole number from 0 to ${MAX_OVERLAP_S}`)
  .min(0, 'must not be below 0')
  .max(MAX_OVERLAP_S, `must be at most ${MAX_OVERLAP_S}, which is a week`)

/** When a key ends, as RFC 3339; answers Unix ms. A key is of use for a while, and not for ever. */
export function expiryAfter(now: number) {
  return z.iso
    .datetime({ offset: true, error: 'must be an instant such as 2027-01-01T00:00:00Z' })
    .transform((instant) => Date.parse(instant))
    .refine((at) => at > now, 'must be in the future')
    .refine((at) => at <= now + MAX_KEY_DAYS * DAY_MS, `must be within ${MAX_KEY_DAYS} days`)
}

/** Spaces around are dropped. What no UTF-8 and no column of text can hold is refused. */
function text(maxLength: number) {
  return z
    .string('must be text')
    .trim()
    .refine(isPlain, 'must not contain U+0000 or half a surrogate pair')
    .refine(
      (value) => Array.from(value).length <= maxLength,
      `must have at most ${maxLength} characters`,
    )
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000')
}
