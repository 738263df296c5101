// What may be said of an account's things: one schema for each, which every door reads its input with.
import { z } from 'zod'
import { isUuid } from '../db/ids.ts'
import { CERTIFICATE, CERTIFICATE_HINT } from '../webhook/client-certificates.ts'
import { findFlaws } from '../filter/flaws.ts'
import { ALL_TYPES, EVENT_TYPES, OF_CALLS, OPERATIONAL_TYPES } from '../webhook/event-types.ts'
import type { HeaderLine } from '../webhook/own-headers.ts'
import type { WantedHeaders } from './headers.ts'

/** Characters of a description, at most: Unicode code points, so an emoji is one. */
export const MAX_DESCRIPTION = 1000

/** Characters of a name, at most, counted alike. */
export const MAX_NAME = 200

/** Characters of a reason, at most, counted alike. */
export const MAX_REASON = 500

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

/** A client certificate's name, or none; which there are, the operator's bindings say. */
export const ClientCertificate = z
  .string(`${CERTIFICATE_HINT}, or null`)
  .regex(CERTIFICATE, CERTIFICATE_HINT)
  .nullable()

/** Why something is done, in a person's words, without the spaces around them. */
export const Reason = text(MAX_REASON)

/** Deliveries that a replay sends a second, at most, and where nobody says how many. */
export const REPLAY_RATE = { most: 500, usual: 20 }

const RATE_HINT = `must be from 1 to ${REPLAY_RATE.most} deliveries a second`

/** How many deliveries a replay sends a second. */
export const RatePerSecond = z.int(RATE_HINT).min(1, RATE_HINT).max(REPLAY_RATE.most, RATE_HINT)

/** Requests a second that an endpoint takes, at most. */
export const MOST_PER_SECOND = 500

const PER_SECOND_HINT = `must be a whole number from 1 to ${MOST_PER_SECOND}, or null for as many as there are`

/** How many requests a second an endpoint takes; null: as many as there are. */
export const MaxPerSecond = z
  .int(PER_SECOND_HINT)
  .min(1, PER_SECOND_HINT)
  .max(MOST_PER_SECOND, PER_SECOND_HINT)
  .nullable()

/** Where an endpoint leads; what else is asked of a URL is in `findRefusal`. */
export const EndpointUrl = z.string('must be a URL')

/** An event type of the closed list. */
export const EventTypeName = z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(', ')}`)

/** A type of either list, by which what there is is looked through. */
export const AnyTypeName = z.enum(ALL_TYPES, `must be one of ${ALL_TYPES.join(', ')}`)

const EVENTS_TAKEN = `["*"] or some of ${EVENT_TYPES.join(', ')}, and any of ${OPERATIONAL_TYPES.join(', ')}`

const EVENTS_HINT = `must be a list of event types: ${EVENTS_TAKEN}`

const EventOrAll = z.enum([...ALL_TYPES, '*'], `must be one of *, ${ALL_TYPES.join(', ')}`)

/** Event types, each of them kept once; `*` stands for all about calls, and for no other. */
export const EnabledEvents = z
  .array(EventOrAll, EVENTS_HINT)
  .min(1, `must not be empty: it takes ${EVENTS_TAKEN}`)
  .transform((types): string[] => [...new Set(types)])
  .refine((types) => !types.includes('*') || types.every(isBesideAll), EVENTS_HINT)

function isBesideAll(type: string): boolean {
  return type === '*' || !type.startsWith(OF_CALLS)
}

const HEADERS_HINT = 'must be an object that has a text for each header, or null'

/** Headers of an endpoint by their names, in their order; what else is asked of them is in `decideHeaders`. */
export const EndpointHeaders = z
  .custom<object | null>(
    (value) => typeof value === 'object' && !Array.isArray(value),
    HEADERS_HINT,
  )
  .transform((headers, context): WantedHeaders => {
    if (headers === null) return null
    const members: [string, unknown][] = Object.entries(headers)
    return members.flatMap(([name, value]): HeaderLine[] => {
      if (typeof value === 'string') return [[name, value]]
      context.addIssue({ code: 'custom', path: [name], message: 'must be text' })
      return []
    })
  })

/** For how long a delivery may wait for the one before it of its call, in seconds. */
export const ORDERING_WAIT = { least: 1, usual: 600, most: 86_400 }

const WAIT_HINT = `must be a whole number of seconds from ${ORDERING_WAIT.least} to ${ORDERING_WAIT.most}`

/** The same as it is asked for. */
export const OrderingMaxWait = z
  .int(WAIT_HINT)
  .min(ORDERING_WAIT.least, WAIT_HINT)
  .max(ORDERING_WAIT.most, WAIT_HINT)

/** Characters of an external id, at most. */
export const MAX_EXTERNAL_ID = 128

/** What stands in a path as it is, and is no name of a folder. */
export const EXTERNAL_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** What an endpoint is called by its customer; nothing that looks like an id of the service's, of now or of once. */
export const ExternalId = z
  .string('must be text')
  .regex(
    EXTERNAL_ID,
    'must be letters, digits, dots, hyphens and underscores, a letter or a digit first',
  )
  .max(MAX_EXTERNAL_ID, `must have at most ${MAX_EXTERNAL_ID} characters`)
  .refine(
    (id) => !id.toLowerCase().startsWith('we_') && !isUuid(id.toLowerCase()),
    'must not look like an id of the service: no UUID, and nothing that begins with we_',
  )

/** What an endpoint's metadata may have: members, characters of a name and of a value, and bytes of all as JSON. */
export const METADATA_LIMIT = { count: 50, name: 40, value: 500, bytes: 32_768 }

/** What its customer notes on an endpoint, by name. */
export type Metadata = Record<string, string>

const METADATA_HINT = 'must be an object that has a text for each name, or null'

const MetadataName = bounded(z.string().min(1, 'must not be empty'), METADATA_LIMIT.name)
const MetadataValue = bounded(z.string('must be text'), METADATA_LIMIT.value)

/** What its customer notes on an endpoint; nothing at all is null. */
export const EndpointMetadata = z
  .custom<object | null>(
    (value) => typeof value === 'object' && !Array.isArray(value),
    METADATA_HINT,
  )
  .transform((metadata, context): Metadata | null => {
    const members: [string, unknown][] = Object.entries(metadata ?? {})
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: 'custom', path, message })
    const texts = members.flatMap(([name, value]): [string, string][] => {
      const { data, error } = MetadataValue.safeParse(value)
      const ofName = MetadataName.safeParse(name).error
      if (ofName) refuse(`its name ${ofName.issues[0]?.message}`, name)
      if (error) refuse(error.issues[0]?.message ?? 'is not valid', name)
      return data === undefined ? [] : [[name, data]]
    })
    const noted = Object.fromEntries(texts)
    const { count, bytes } = METADATA_LIMIT
    if (members.length > count) refuse(`must have at most ${count} members`)
    const size = new TextEncoder().encode(JSON.stringify(noted)).length
    if (size > bytes) refuse(`must have at most ${bytes} bytes as JSON`)
    return texts.length === 0 ? null : noted
  })

/** Which events an endpoint wants, by what they say of their calls; what is stored of it is its text. */
export const EndpointFilter = z.unknown().superRefine((value, context) => {
  for (const { path, message } of findFlaws(value))
    context.addIssue({ code: 'custom', path, message })
})

/** Whether an endpoint takes part. */
export const EndpointStatus = z.enum(['enabled', 'disabled'], 'must be "enabled" or "disabled"')

/** What a key is for; it shows in its first characters. */
export const KeyMode = z.enum(['live', 'test'], 'must be "live" or "test"')

const OVERLAP_HINT = `must be a whole number of seconds from 0 to ${MAX_OVERLAP_S}, which is a week`

/** How long the secrets before a new one go on signing, in seconds. */
export const OverlapSeconds = z
  .int(OVERLAP_HINT)
  .min(0, OVERLAP_HINT)
  .max(MAX_OVERLAP_S, OVERLAP_HINT)

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
  return bounded(z.string('must be text').trim(), maxLength)
}

function bounded(schema: z.ZodString, maxLength: number) {
  return schema
    .refine(isPlain, 'must not contain U+0000 or half a surrogate pair')
    .refine(
      (value) => Array.from(value).length <= maxLength,
      `must have at most ${maxLength} characters`,
    )
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000')
}
