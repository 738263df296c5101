// What somebody types into the search field: an id or its beginning, or the host of a destination.
import type { DeliveryFilter } from '../../db/views/deliveries.ts'

/** The characters before an event's last four, which its deliveries share with it. */
const EVENT_LENGTH = 32

/** What was typed, as it is looked for; what is neither can match nothing. */
export type Search =
  | { kind: 'id'; id: string }
  | { kind: 'beginning'; prefix: string }
  | { kind: 'host'; host: string }

/** Eight characters of an id or more, with its hyphens or without. */
const HEX = /^[0-9a-f]{8,32}$/

/** What a host is written with, a port included; a scheme before and a path behind it are left out. */
const HOST = /^(?:https?:\/\/)?([\p{L}\p{N}._:[\]-]+)(?:[/?#].*)?$/u

/** Reads what was typed; undefined for what can match nothing. */
export function readSearch(typed: string): Search | undefined {
  const text = typed.trim().toLowerCase()
  const hex = text.replaceAll('-', '')
  const isId = text === hex || withHyphens(hex).startsWith(text.replace(/-$/, ''))
  if (HEX.test(hex) && isId) return readHex(hex)
  const host = HOST.exec(text)?.[1]
  return host === undefined ? undefined : { kind: 'host', host }
}

function readHex(hex: string): Search {
  const text = withHyphens(hex)
  return hex.length === 32 ? { kind: 'id', id: text } : { kind: 'beginning', prefix: text }
}

function withHyphens(hex: string): string {
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ]
  return parts.filter((part) => part !== '').join('-')
}

/** What it asks of the list: of an event's id, its deliveries. */
export function filterOf(typed: string): DeliveryFilter {
  if (typed === '') return {}
  const search = readSearch(typed)
  if (search === undefined) return { idPrefix: 'none' }
  if (search.kind === 'host') return { host: hostNames(search.host) }
  return { idPrefix: search.kind === 'id' ? search.id.slice(0, EVENT_LENGTH) : search.prefix }
}

/** As it was typed, and as URLs may have it: without letters beyond ASCII. */
function hostNames(host: string): [string, string] {
  const url = `https://${host}`
  return [host, URL.canParse(url) ? new URL(url).host : host]
}
