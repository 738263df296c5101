// What a request says of its body: its media type, its charset, its encoding.

/** A media type in lower case, and every charset that it names, in lower case. */
type MediaType = { essence: string; charsets: string[] }

const TOKEN = String.raw`[\w!#$%&'*+.^|~\x60-]+`
const ESSENCE = new RegExp(String.raw`^\s*(${TOKEN}/${TOKEN})\s*(?:;|$)`)
/** A parameter up to the next semicolon that no quotes are around. */
const PARAMETER = /;((?:[^";]|"(?:[^"\\]|\\.)*"|")*)/g
const CHARSET = /^\s*charset=(?:"((?:[^"\\]|\\.)*)"|(\S*))\s*$/i

/** The kinds of bodies that are read, and what to send instead of another. */
const KINDS = {
  json: {
    essence: /^application\/(?:.+\+)?json$/,
    hint: 'Send the body as JSON: Content-Type: application/json',
  },
  form: {
    essence: /^(?:application\/x-www-form-urlencoded|multipart\/form-data)$/,
    hint: 'Send the body as a form: Content-Type: application/x-www-form-urlencoded',
  },
}

/** One of the kinds of bodies. */
export type BodyKind = keyof typeof KINDS

/** Both names of UTF-8 that are in use. */
const UTF8 = new Set(['utf-8', 'utf8'])

/** Longer headers, in characters, are no media types, and cost time to take apart. */
const MAX_LENGTH = 256

/** Characters of a header that a sentence repeats. */
const SHOWN = 40

/**
 * Why a body that came with these headers is not read, in a sentence for a 415; undefined when it is.
 * Parameters other than charset mean nothing here.
 */
export function findBodyProblem(headers: Headers, kind: BodyKind): string | undefined {
  const encoding = headers.get('Content-Encoding') ?? ''
  if (!encoding.split(',').every((coding) => /^\s*(?:identity)?\s*$/i.test(coding))) {
    return `Send the body as it is, without Content-Encoding: ${encoding.slice(0, SHOWN)}`
  }
  const { essence, hint } = KINDS[kind]
  const type = parseMediaType(headers.get('Content-Type') ?? '')
  if (!type || !essence.test(type.essence)) return hint
  const foreign = type.charsets.find((charset) => !UTF8.has(charset))
  if (foreign === undefined) return undefined
  return `Send the body in UTF-8, not in the charset "${foreign.slice(0, SHOWN)}".`
}

/** Parameters that are malformed or empty are passed over. Source: RFC 9110, 8.3.1; WHATWG MIME Sniffing. */
function parseMediaType(header: string): MediaType | undefined {
  const essence = ESSENCE.exec(header)?.[1]?.toLowerCase()
  if (essence === undefined || header.length > MAX_LENGTH) return undefined
  const charsets = [...header.matchAll(PARAMETER)].flatMap(([, parameter = '']) => {
    const [, quoted, plain] = CHARSET.exec(parameter) ?? []
    const charset = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
    return charset === undefined ? [] : [charset.toLowerCase()]
  })
  return { essence, charsets }
}
