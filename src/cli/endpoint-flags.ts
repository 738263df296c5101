// The flags that say what an endpoint is, and the members that they stand for.
import type { Asked } from './api.ts'
import { CommandError } from './exit.ts'
import { ENDPOINT, JSON_OBJECT, ORDERING, PAIR, SOME_TEXT, TEXT, WHOLE_NUMBER } from './values.ts'

/** What an endpoint is, as flags of what makes or changes one. */
export const ABOUT = {
  url: { type: 'string', takes: SOME_TEXT, description: 'Where its webhooks go' },
  description: { type: 'string', takes: TEXT, description: 'What it is, for people' },
  events: {
    type: 'string',
    takes: SOME_TEXT,
    description: 'Event types with commas between them; all by itself',
  },
  header: {
    type: 'string',
    takes: SOME_TEXT,
    isRepeated: true,
    description:
      'A header that goes along, "Name: value"; may be repeated. They replace all that the endpoint has',
  },
  filter: {
    type: 'string',
    takes: JSON_OBJECT,
    description: 'Which events it wants, as JSON',
  },
  'max-per-second': {
    type: 'string',
    takes: WHOLE_NUMBER,
    description:
      'Requests a second that it takes at most, 1 to 500; as many as there are by itself',
  },
  'external-id': {
    type: 'string',
    takes: ENDPOINT,
    description: 'What it is called in a system of yours, in place of its id',
  },
  ordering: {
    type: 'string',
    takes: ORDERING,
    description: 'call: the events of a call in order; none by itself',
  },
  'ordering-max-wait-seconds': {
    type: 'string',
    takes: WHOLE_NUMBER,
    description: 'Seconds that one waits at most for the one before it, 1 to 86400; 600 by itself',
  },
  metadata: {
    type: 'string',
    takes: PAIR,
    isRepeated: true,
    description:
      'A text of your own, "name=text"; may be repeated. They replace all that the endpoint has',
  },
} as const

/** Undefined where none is given. What is wrong is named by its place: the value is a secret. */
export function readHeaders(texts: string[]): Record<string, string> | undefined {
  const headers = new Map<string, string>()
  for (const [place, text] of texts.entries()) {
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(colon, 0)).trim()
    if (name === '') throw new CommandError('usage', `--header ${place + 1} is not "Name: value".`)
    if (headers.has(name)) throw new CommandError('usage', `--header ${name} is given twice.`)
    headers.set(name, text.slice(colon + 1).trim())
  }
  return headers.size === 0 ? undefined : Object.fromEntries(headers)
}

/** The members that say in which order; undefined where a flag is not given. */
export function readOrdering(flags: {
  ordering?: string | undefined
  'ordering-max-wait-seconds'?: string | undefined
}) {
  const { ordering, 'ordering-max-wait-seconds': wait } = flags
  return {
    ordering,
    ordering_max_wait_seconds: wait === undefined ? undefined : Number(wait),
  }
}

/** Undefined where none is given. */
export function readMetadata(texts: string[]): Record<string, string> | undefined {
  const metadata = new Map<string, string>()
  for (const text of texts) {
    const equals = text.indexOf('=')
    const name = text.slice(0, equals)
    if (metadata.has(name)) throw new CommandError('usage', `--metadata ${name} is given twice.`)
    metadata.set(name, text.slice(equals + 1))
  }
  return metadata.size === 0 ? undefined : Object.fromEntries(metadata)
}

/** The filter goes as it stands, so that its numbers keep their digits. */
export function withFilter(body: object, filter: string | undefined): Asked {
  if (filter === undefined) return { body }
  const rest = JSON.stringify(body).slice(1)
  return { text: `{"filter":${readJson(filter)}${rest === '}' ? '' : ','}${rest}` }
}

function readJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new CommandError(
      'usage',
      '--filter is no JSON: give a condition, such as \'{"path":"direction","equals":"outbound"}\'.',
    )
  }
}
