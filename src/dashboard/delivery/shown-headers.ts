// Headers as a page shows them: what could let its reader into the receiver is covered.

/** Names of headers that carry what signs someone in, by any of these words in them. */
const SECRET =
  /cookie|authorization|authentication-info|token|secret|passw|api-?key|apikey|credential|session|jwt|csrf|xsrf/i

/** What stands in the place of a value. */
const COVER = '••••••'

/**
 * The headers in their order, the values of those that sign someone in covered. They are stored as they came,
 * and the API answers them so. Of a cookie its name and attributes stay: they are what goes wrong.
 */
export function coverSecrets(headers: Record<string, string>): [name: string, value: string][] {
  return Object.entries(headers).map(([name, value]) => [
    name,
    SECRET.test(name) ? cover(name.toLowerCase(), value) : value,
  ])
}

function cover(name: string, value: string): string {
  if (name === 'set-cookie') return value.split('\n').map(coverCookie).join('\n')
  const scheme = name.endsWith('authorization') ? /^(?:basic|bearer|digest) /i.exec(value)?.[0] : ''
  return `${scheme ?? ''}${COVER}`
}

/** `sid=1; Path=/` to `sid=••••••; Path=/` (RFC 6265, 4.1.1); what has no name is covered whole. */
function coverCookie(cookie: string): string {
  const [pair = '', ...attributes] = cookie.split(';')
  const [name, ...rest] = pair.split('=')
  const covered = rest.length === 0 ? COVER : `${name}=${COVER}`
  return [covered, ...attributes].join(';')
}
