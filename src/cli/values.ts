// What the value of a flag looks like: what looks otherwise is refused before anything is asked.
import { ALL_TYPES, EVENT_TYPES, OPERATIONAL } from '../webhook/event-types.ts'

/** How a value of it is told from others, and what it is, as in “--rate ten is not …”. */
export type Kind = { pattern: RegExp; says: string }

/** A text that may be empty, which empties what is there. */
export const TEXT: Kind = { pattern: /^/, says: 'a text' }

/** A text that says something: an empty one comes of a variable that is not set. */
export const SOME_TEXT: Kind = { pattern: /\S/, says: 'a text that says something' }

/** Of nine digits at most, which every program reads as the same number. */
export const WHOLE_NUMBER: Kind = { pattern: /^\d{1,9}$/, says: 'a whole number such as 20' }

/** Braces around something; the service judges what is in them. */
export const JSON_OBJECT: Kind = { pattern: /^\s*\{[^]*\}\s*$/, says: 'a JSON object' }

/** A name and a text, which may be empty. */
export const PAIR: Kind = { pattern: /^[^=]+=/, says: 'a pair such as name=text' }

/** A UUID, and so no path: `..` would leave the one that it stands in. */
export const ID: Kind = {
  pattern: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
  says: 'an id such as 019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001',
}

/** An endpoint’s id, or its external id; no path either. */
export const ENDPOINT: Kind = {
  pattern: /^[A-Za-z\d][\w.-]{0,127}$/,
  says: 'an id or an external id such as billing-eu',
}

/** An instant; the service judges whether there is such a day. */
export const INSTANT: Kind = {
  pattern: /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  says: 'an instant such as 2026-04-15T14:30:50Z',
}

/** What can happen to a call. */
export const EVENT_TYPE: Kind = oneOf(EVENT_TYPES)

/** The same, or what can happen to the service itself. */
export const ANY_EVENT_TYPE: Kind = oneOf(ALL_TYPES)

/** What lists show only where it is asked for. */
export const EVENT_KIND: Kind = oneOf([OPERATIONAL])

/** What a delivery can be. */
export const STATUS: Kind = oneOf(['pending', 'delivered', 'exhausted'])

/** What an endpoint can be. */
export const ENDPOINT_STATUS: Kind = oneOf(['enabled', 'disabled'])

/** In which order an endpoint gets events. */
export const ORDERING: Kind = oneOf(['call'])

/** Which URL a delivery goes to. */
export const RECIPIENT: Kind = oneOf(['original', 'current'])

/** One word of a closed list, none of which has a letter that a pattern reads otherwise but the dot. */
function oneOf(words: readonly string[]): Kind {
  const pattern = new RegExp(`^(?:${words.join('|').replaceAll('.', String.raw`\.`)})$`)
  return { pattern, says: `one of ${words.join(', ')}` }
}
