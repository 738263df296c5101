// Which URLs a webhook may never be sent to, judged by the URL alone.

/** The longest URL that is stored and requested, in UTF-16 code units. */
export const MAX_URL_LENGTH = 2048

/** White space and control, format or broken characters: URL() drops some of them silently. */
const UNSAFE_CHARACTER = /[\p{Z}\p{Cc}\p{Cf}\p{Cs}\\]/u
const AUTHORITY = /^https?:\/\/([^/?#]+)/i
/** The longest host name (RFC 1035, section 2.3.4), without its last dot. */
const MAX_HOST_LENGTH = 253
/** A label of a host name, underscores included: some services do use them. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
/** URL() reads a host as IPv4 when its last label is a number, hexadecimal ones included. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/** Names that no public DNS answers: RFC 6761, 6762, 7686 and 8375, and what ICANN keeps back. */
const PRIVATE_SUFFIXES = [
  'arpa',
  'corp',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'onion',
  'test',
]

/** Public names that clouds answer from inside, beside those under `.internal`. */
const METADATA_HOSTS = [
  'api.metadata.cloud.ibm.com',
  'api.service.softlayer.com',
  'kubernetes.default.svc',
  'metadata.goog',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
]

const FIRST_UNPRIVILEGED_PORT = 1024

/**
 * Ports from 1024 on where something else than HTTPS listens: fetch's bad ports
 * (fetch.spec.whatwg.org, port blocking) and common databases, brokers, caches and consoles.
 */
const PLAINTEXT_PORTS: ReadonlySet<number> = new Set([
  1080, 1099, 1433, 1434, 1521, 1719, 1720, 1723, 1883, 2049, 2181, 2375, 2379, 2380, 3128, 3260,
  3306, 3389, 3659, 4045, 4190, 4369, 5060, 5061, 5222, 5269, 5432, 5672, 5900, 5984, 5985, 6000,
  6379, 6566, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 7199, 7474,
  7687, 8086, 8125, 8500, 9042, 9092, 9100, 9160, 9200, 9300, 9418, 10_080, 10_255, 11_211, 15_672,
  26_379, 27_017, 27_018, 27_019, 28_017, 50_070, 61_613, 61_616,
])

/** What an operator decides: whether this is local development, and which host names are ours. */
type TargetRules = { allowHttp: boolean; ownHosts: readonly string[] }

/**
 * Why a URL may not be a webhook's target, as one sentence for the customer; `undefined` when
 * nothing is wrong. Under `allowHttp` only the rules about the URL's form hold, none about where it
 * leads. The addresses behind a name are checked elsewhere, at each send.
 */
export function findTargetProblem(url: string, rules: TargetRules): string | undefined {
  if (url.length > MAX_URL_LENGTH) return `The URL is longer than ${MAX_URL_LENGTH} characters.`
  if (UNSAFE_CHARACTER.test(url)) {
    return 'The URL contains a space, a backslash or an invisible character: percent-encode it.'
  }
  const authority = AUTHORITY.exec(url)?.[1]
  if (authority === undefined || !URL.canParse(url)) return describeForm(rules)
  if (authority.includes('@')) return 'The URL must not contain a user name or password.'
  if (url.includes('#')) return 'The URL must not contain a fragment (the part from "#" on).'
  if (rules.allowHttp) return undefined
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'https:') return describeForm(rules)
  return findPortProblem(port) ?? findHostProblem(hostname.replace(/\.+$/, ''), rules.ownHosts)
}

function describeForm({ allowHttp }: TargetRules): string {
  return allowHttp
    ? 'The URL must be an absolute http or https URL.'
    : 'The URL must be an absolute https URL, such as "https://example.com/webhooks".'
}

function findPortProblem(port: string): string | undefined {
  // URL() writes the scheme's own port, 443, as the empty string.
  if (port === '') return undefined
  const number = Number(port)
  if (number >= FIRST_UNPRIVILEGED_PORT && !PLAINTEXT_PORTS.has(number)) return undefined
  return `The URL must not use port ${port}: use 443, or another HTTPS port from 1024 on.`
}

function findHostProblem(host: string, ownHosts: readonly string[]): string | undefined {
  if (host.startsWith('[') || ENDS_IN_NUMBER.test(host)) {
    return 'The URL must name a host, not an IP address.'
  }
  if (!isHostName(host)) return "The URL's host is not a valid DNS name."
  if (!host.includes('.') || isUnderAny(host, PRIVATE_SUFFIXES)) {
    return "The URL's host must be a public DNS name."
  }
  if (isUnderAny(host, METADATA_HOSTS)) return "The URL's host is an internal service of a cloud."
  if (isUnderAny(host, ownHosts)) return "The URL's host is this service itself."
  return undefined
}

function isHostName(host: string): boolean {
  return host.length <= MAX_HOST_LENGTH && host.split('.').every((label) => LABEL.test(label))
}

/** Whether a host is one of the names or lies below one; names may be in any case, end in dots. */
function isUnderAny(host: string, names: readonly string[]): boolean {
  return names.some((name) => `.${host}`.endsWith(`.${name.toLowerCase().replace(/\.+$/, '')}`))
}
