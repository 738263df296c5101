// How others write JSON that they have read.

/** Each with other space, escapes or order. */
export const WRITERS: [string, (body: string) => string][] = [
  ['JavaScript, indented', (body) => JSON.stringify(JSON.parse(body), null, 2)],
  ['Python', (body) => spaced(ascii(body))],
  ['Python, sorted', (body) => spaced(ascii(JSON.stringify(sorted(JSON.parse(body)))))],
  ['PHP', (body) => escapeSlashes(ascii(body))],
  ['Go', (body) => JSON.stringify(sorted(JSON.parse(body))).replaceAll('<', String.raw`\u003c`)],
  ['JSON in JSON', (body) => JSON.stringify(body)],
]

/** What editors and shells leave around a text. */
export const SURROUNDINGS: [string, (body: string) => string][] = [
  ['a line break', (body) => `${body}\n`],
  ['a line break of Windows', (body) => `${body}\r\n`],
  ['a byte order mark', (body) => `\ufeff${body}`],
  ['both', (body) => `\ufeff${body}\r\n`],
  ['two byte order marks', (body) => `\ufeff\ufeff${body}`],
  ['space', (body) => ` \t${body} `],
]

/** What need not be escaped, and is by some. */
export const ESCAPES: [string, (json: string) => string][] = [
  ['what is not ASCII', ascii],
  ['slashes', escapeSlashes],
  ['both', (json) => escapeSlashes(ascii(json))],
]

export function ascii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => {
    return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function escapeSlashes(json: string): string {
  return json.replaceAll('/', String.raw`\/`)
}

function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[:,]/g, (token) =>
    /^[:,]/.test(token) ? `${token} ` : token,
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, inner]) => [name, sorted(inner)] as const)
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
