// Which URLs a webhook may never be sent to, judged by the URL alone.
import { isHttpsPort } from './ports.ts'
import { METADATA_NAMES, PRIVATE_NAMES } from './private-names.ts'

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
  if (authority.includes('@')) {
    return 'The URL must not contain a user name or password: an endpoint has them in a header of its `headers`, such as Authorization.'
  }
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
  if (port === '' || isHttpsPort(Number(port))) return undefined
  return `The URL must not use port ${port}: use 443, or another HTTPS port from 1024 on.`
}

function findHostProblem(host: string, ownHosts: readonly string[]): string | undefined {
  if (host.startsWith('[') || ENDS_IN_NUMBER.test(host)) {
    return 'The URL must name a host, not an IP address.'
  }
  if (!isHostName(host)) return "The URL's host is not a valid DNS name."
  if (!host.includes('.') || isUnderAny(host, PRIVATE_NAMES)) {
    return "The URL's host must be a public DNS name."
  }
  if (isUnderAny(host, METADATA_NAMES)) return "The URL's host is an internal service of a cloud."
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
