// Refusing webhook targets by their URL, against a corpus of spellings.

import { describe, expect, it } from 'vitest'
import { findTargetProblem, MAX_URL_LENGTH } from '../../src/webhook/target.ts'
import { PUBLIC_TARGETS, REFUSED_TARGETS } from './target-corpus.ts'

const ownHosts = ['webhooks.callingbox.example', 'Backup.CallingBox.example.']
const production = { allowHttp: false, ownHosts }
const development = { allowHttp: true, ownHosts }

/** The sentence that each class of the corpus is refused with. */
const REASON: Readonly<Record<string, RegExp>> = {
  'no absolute URL': /absolute https URL|invisible character/,
  'another scheme': /absolute https URL/,
  'too long': /longer than 2048 characters/,
  'user information': /user name or password/,
  fragment: /fragment/,
  'characters that URL() drops or turns': /a space, a backslash or an invisible character/,
  'an IPv4 address': /not an IP address/,
  'an IPv6 address': /not an IP address|absolute https URL/,
  'a name on this machine': /public DNS name/,
  'a single label': /public DNS name/,
  'a name that is never public': /public DNS name/,
  'a cloud service behind a public name': /internal service of a cloud|public DNS name/,
  'this service itself': /this service itself/,
  'no DNS name': /not a valid DNS name/,
  'a port where no HTTPS is': /must not use port \d+/,
}

describe('findTargetProblem', () => {
  const refused = Object.entries(REFUSED_TARGETS).flatMap(([reason, urls]) =>
    urls.map((url) => ({ reason, url, title: printable(url) })),
  )

  it('knows at least 150 refused spellings and 40 public targets, each once', () => {
    expect(new Set(refused.map(({ url }) => url)).size).toBe(refused.length)
    expect(refused.length).toBeGreaterThanOrEqual(150)
    expect(new Set(PUBLIC_TARGETS.map((url) => new URL(url).host)).size).toBeGreaterThanOrEqual(40)
  })

  it.each(refused)('refuses $reason: $title (X5)', ({ reason, url }) => {
    expect(findTargetProblem(url, production)).toMatch(REASON[reason] ?? /^$/)
  })

  it.each(PUBLIC_TARGETS)('accepts %s', (url) => {
    expect(findTargetProblem(url, production)).toBeUndefined()
  })

  it('answers one plain sentence', () => {
    for (const { url } of refused) {
      expect(findTargetProblem(url, production)).toMatch(/^The URL\b[^\n]+\.$/)
    }
  })

  it.each([
    'https://hooks.example.com',
    'HTTPS://Hooks.Example.COM/',
    'https://hooks.example.com./',
    'https://hooks.example.com:443/',
    'https://hooks.example.com:/',
    ...[
      1024, 2053, 2083, 2087, 2096, 3000, 3443, 4443, 5443, 7443, 8000, 8080, 8444, 8888, 9443,
    ].map((port) => `https://hooks.example.com:${port}/`),
    'https://consul.example/',
    'https://svc.example.com/',
    'https://notalt.io/',
    'https://home.example/',
    'https://my.homes/',
    'https://private.io/',
    'https://app.services/',
    'https://a.network/',
    'https://mylvh.me/',
    'https://hooks.example.com:8443/a/b?c=d&e=%20',
    'https://hooks.example.com:65535/',
    'https://hooks.example.com/user@host',
    'https://hooks.example.com/?at=@',
    'https://hooks.example.com?u=https://127.0.0.1/',
    'https://b\u00fccher.example/\u00fcber?\u{1f600}',
    'https://_dmarc.example.com/',
    'https://127.0.0.1.example.com/',
    'https://localhost.example.com/',
    'https://mylocal.com/',
    'https://notlocal/'.replace('notlocal', 'a.notlocal'),
    'https://latest.io/',
    'https://contest.dev/',
    'https://notwebhooks.callingbox.example/',
    'https://callingbox.example/',
    'https://xmetadata.goog/',
    'https://0x7f.example/',
    'https://1.com/',
  ])('accepts the look-alike %s', (url) => {
    expect(findTargetProblem(url, production)).toBeUndefined()
  })

  it('accepts 2,048 characters and refuses one more', () => {
    const longest = 'https://hooks.example.com/'.padEnd(MAX_URL_LENGTH, 'a')
    expect(findTargetProblem(longest, production)).toBeUndefined()
    expect(findTargetProblem(`${longest}a`, production)).toMatch(/longer than 2048/)
  })

  it('judges a long row of dots in no time', () => {
    expect(findTargetProblem(`https://a${'.'.repeat(2000)}b/`, production)).toMatch(
      /valid DNS name/,
    )
  })
})

describe('findTargetProblem in local development', () => {
  it.each([
    'http://localhost:8788/',
    'http://127.0.0.1:80/',
    'https://[::1]:6379/',
    'http://receiver/',
    'https://webhooks.callingbox.example/',
    'http://a.test/',
    'http://hooks.example.com/',
  ])('accepts %s', (url) => {
    expect(findTargetProblem(url, development)).toBeUndefined()
  })

  const formProblems = [
    'no absolute URL',
    'too long',
    'user information',
    'fragment',
    'characters that URL() drops or turns',
  ]
  const urls = formProblems
    .flatMap((reason) => REFUSED_TARGETS[reason] ?? [])
    .concat('ftp://localhost/', 'data:text/plain,a', 'file:///etc/passwd', 'ws://localhost/')

  it.each(urls.map((url) => ({ url, title: printable(url) })))(
    'still refuses $title',
    ({ url }) => {
      expect(findTargetProblem(url, development)).toMatch(/^The URL /)
    },
  )
})

/** Lone surrogates in a test's name break the reporter. */
function printable(url: string): string {
  return JSON.stringify(url.slice(0, 80))
}
