// Signing secrets: one alphabet for two families of libraries, and what may be shown.

import { describe, expect, it } from 'vitest'
import { createSigningSecret, secretPublicPart } from '../../src/credentials/signing-secret.ts'

describe('createSigningSecret', () => {
  it('makes whsec_ and 64 lower-case hex characters, another one each time', () => {
    const secrets = Array.from({ length: 200 }, () => createSigningSecret())
    for (const secret of secrets) expect(secret).toMatch(/^whsec_[0-9a-f]{64}$/)
    expect(new Set(secrets).size).toBe(200)
    expect(new Set(secrets.map((secret) => secret.slice(6)).join('')).size).toBe(16)
  })

  it('is base64 of 48 bytes after its prefix, as Standard Webhooks wants (P4)', () => {
    expect(atob(createSigningSecret().slice(6))).toHaveLength(48)
  })
})

describe('secretPublicPart', () => {
  it('shows the prefix and four characters (X3)', () => {
    expect(secretPublicPart(`whsec_3f2a${'0'.repeat(60)}`)).toBe('whsec_3f2a…')
  })
})
