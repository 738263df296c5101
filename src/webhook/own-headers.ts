// Headers of an endpoint's own: which there may be, how they are shown, and where they go.

/** A header as it is sent; a name is unique in any case. */
export type HeaderLine = readonly [name: string, value: string]

/** What an endpoint may have: headers, characters of a name, and bytes of all names and values together. */
export const HEADERS_LIMIT = { count: 10, name: 64, bytes: 4096 }

/** What a header's name may be (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** ASCII that shows, and spaces within. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** The characters at a value's end that are shown, and the length from which on they tell too little of it to matter. */
const SHOWN = 4
const SHOWN_FROM = 12

/** What stands for all that is not told of a value. */
export const COVER = '…'

/**
 * Names that are refused, and why. A runtime drops or rewrites some of the second kind without a word, and goes by others:
 * what is refused here nobody has to wonder about later. Source: RFC 9110, 7.6; workerd, tried name by name.
 */
const RESERVED: readonly { is: (prefix: string) => RegExp; why: string }[] = [
  {
    is: (prefix) =>
      new RegExp(
        String.raw`^(?:x-)?(?:callingbox|${prefix.replaceAll(/\W/g, String.raw`\$&`)})-|^webhook-|^(?:accept|user-agent|traceparent|tracestate)$`,
        'i',
      ),
    why: 'is set by the service itself: choose another name',
  },
  {
    is: () =>
      /^(?:content|proxy|sec)-|^(?:host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|http2-settings|expect|accept-encoding)$/i,
    why: 'decides how the request itself is sent: leave it out',
  },
  {
    is: () => /^(?:cf|x-forwarded)-|^(?:cdn-loop|forwarded|via|x-real-ip|true-client-ip)$/i,
    why: 'is for gateways and proxies, which pass a request on: choose another name',
  },
]

/** Why a header may not have this name, under the operator's prefix of our own; undefined when it may. */
export function findNameProblem(name: string, prefix: string): string | undefined {
  if (!TOKEN.test(name)) return 'is no name of a header: letters, digits and hyphens make one'
  if (name.length > HEADERS_LIMIT.name) {
    return `is longer than ${HEADERS_LIMIT.name} characters: choose a shorter name`
  }
  return RESERVED.find(({ is }) => is(prefix).test(name))?.why
}

/** Why a header may not have this value; undefined when it may. */
export function findValueProblem(value: string): string | undefined {
  if (value === '') return 'must not be empty: leave the header out instead'
  if (value.trim() !== value) return 'must not begin or end with a blank'
  if (VALUE.test(value)) return undefined
  return 'must be of ASCII letters, digits, signs and spaces: encode what is not'
}

/** Bytes of headers that have no problem. */
export function sizeOfHeaders(lines: readonly HeaderLine[]): number {
  return lines.reduce((bytes, [name, value]) => bytes + name.length + value.length, 0)
}

/** Whether a value is so long that its end tells little of it, and that a text which has it has it by no chance. */
export function isTelling(value: string): boolean {
  return value.length >= SHOWN_FROM
}

/** What is told of a value: `…` and its last four characters, of a short one nothing. */
export function coverValue(value: string): string {
  return isTelling(value) ? COVER + value.slice(-SHOWN) : COVER
}

/** Whether a text is what `coverValue` makes, which no value can be. */
export function isCovered(value: string): boolean {
  return value.startsWith(COVER)
}

/** A header as one text, with what is told of its value: `Authorization: …9c41`. */
export function writeCovered([name, value]: HeaderLine): string {
  return `${name}: ${coverValue(value)}`
}

/** What `writeCovered` has written: the name, and what is told of the value. */
export function readCovered(text: string): HeaderLine {
  const colon = text.indexOf(':')
  return [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1).trim()]
}

/**
 * Whether what is meant for the endpoint at one URL may go along to another: scheme, host and port are the same. What is
 * listened to has no origin, and is the same as no other.
 */
export function isSameOrigin(url: string, other: string): boolean {
  const [one, two] = [URL.parse(url), URL.parse(other)]
  return one !== null && two !== null && one.origin !== 'null' && one.origin === two.origin
}
