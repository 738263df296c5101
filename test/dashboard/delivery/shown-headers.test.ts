// What lets someone into a receiver is covered where its headers are shown, and nothing else is.
import { describe, expect, it } from 'vitest'
import { coverSecrets } from '../../../src/dashboard/delivery/shown-headers.ts'

describe('headers on a page', () => {
  it.each([
    ['set-cookie', 'sid=canary; Path=/; HttpOnly', 'sid=••••••; Path=/; HttpOnly'],
    ['set-cookie', 'a=canary=canary\nb=canary; Secure', 'a=••••••\nb=••••••; Secure'],
    ['set-cookie', 'canary', '••••••'],
    ['Set-Cookie', '__Host-s="canary"', '__Host-s=••••••'],
    ['Set-Cookie2', 'canary', '••••••'],
    ['cookie', 'sid=canary', '••••••'],
    ['authorization', 'Bearer canary', 'Bearer ••••••'],
    ['Authorization', 'canary', '••••••'],
    ['proxy-authorization', 'Basic canary', 'Basic ••••••'],
    ['authentication-info', 'nextnonce="canary"', '••••••'],
    ['x-amz-security-token', 'canary', '••••••'],
    ['x-csrf-token', 'canary', '••••••'],
    ['x-api-key', 'canary', '••••••'],
    ['apikey', 'canary', '••••••'],
    ['X-Client-Secret', 'canary', '••••••'],
    ['x-session-id', 'canary', '••••••'],
  ])('cover the value of %s: %s', (name, value, shown) => {
    expect(coverSecrets({ [name]: value })).toEqual([[name, shown]])
  })

  it.each([
    ['content-type', 'text/html; charset=utf-8'],
    ['www-authenticate', 'Bearer realm="hooks"'],
    ['CallingBox-Signature', 't=1,v1=01234567…'],
    ['x-request-id', 'abc'],
    ['key', 'value'],
    ['__proto__', 'kept'],
  ])('show %s: %s as it came', (name, value) => {
    const headers = Object.fromEntries([[name, value]])
    expect(coverSecrets(headers)).toEqual([[name, value]])
  })
})
