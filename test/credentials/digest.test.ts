// What is stored of a credential, and how two digests are compared.
import { describe, expect, it } from 'vitest'
import { digestOf, isSameDigest } from '../../src/credentials/digest.ts'

describe('digestOf', () => {
  it('is HMAC-SHA-256 under the pepper (X3)', async () => {
    // RFC 4231, case 2.
    expect(await digestOf('what do ya want for nothing?', 'Jefe')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('is each pepper’s own, in whatever order they are used', async () => {
    const peppers = ['Jefe', 'other', 'Jefe']
    const digests = await Promise.all(peppers.map((pepper) => digestOf('key', pepper)))
    for (const pepper of peppers) digests.push(await digestOf('key', pepper))
    const [first, second] = digests
    expect(first).not.toBe(second)
    expect(digests).toEqual([first, second, first, first, second, first])
  })
})

describe('isSameDigest', () => {
  const digest = '0123456789abcdef'.repeat(4)

  it('accepts the same digest only', () => {
    expect(isSameDigest(digest, digest)).toBe(true)
    expect(isSameDigest(digest, `1${digest.slice(1)}`)).toBe(false)
    expect(isSameDigest(digest, `${digest.slice(0, -1)}0`)).toBe(false)
  })

  it('refuses another length without throwing', () => {
    expect(isSameDigest(digest, digest.slice(1))).toBe(false)
    expect(isSameDigest(digest, '')).toBe(false)
  })
})
