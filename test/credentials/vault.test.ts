// The vault: what it opens, what it refuses, and that neither leaks.

import { describe, expect, it } from 'vitest'
import { createVault, type Vault, VaultError } from '../../src/credentials/vault.ts'

const base64Key = (byte: number) => btoa(String.fromCharCode(byte).repeat(32))
const oldKey = `2025:${base64Key(1)}`
const newKey = `2026:${base64Key(2)}`
const context = { orgId: 'org-1', ownerId: 'endpoint-1', secretId: 'secret-1' }
const secret = `whsec_${'3f'.repeat(32)}`

async function refusal(vault: Vault, sealed: string, where = context): Promise<VaultError> {
  const error: unknown = await vault.unseal(sealed, where).catch((thrown: unknown) => thrown)
  if (error instanceof VaultError) return error
  throw new Error(`not refused: ${String(error)}`)
}

describe('seal', () => {
  it('answers key id, nonce and ciphertext, and no trace of the secret (X3)', async () => {
    const vault = await createVault(newKey)
    const sealed = await vault.seal(secret, context)
    // 70 bytes and a tag of 16 are 115 characters of base64.
    expect(sealed).toMatch(/^2026\.[\w-]{16}\.[\w-]{115}$/)
    expect(sealed).not.toContain('3f3f')
    expect(vault.keyIdOf(sealed)).toBe('2026')
  })

  it('answers another nonce and text each time', async () => {
    const vault = await createVault(newKey)
    const sealed = await Promise.all(
      Array.from({ length: 100 }, async () => vault.seal(secret, context)),
    )
    expect(new Set(sealed.map((text) => text.split('.')[1])).size).toBe(100)
    expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(100)
  })
})

describe('unseal', () => {
  it.each(['', 'a', secret, 'Gr\u00fc\u00dfe \u{1f600}', 'x'.repeat(10_000)])(
    'gives back what was sealed: %#',
    async (plaintext) => {
      const vault = await createVault(newKey)
      expect(await vault.unseal(await vault.seal(plaintext, context), context)).toBe(plaintext)
    },
  )

  it('opens what an older key sealed, while the newer one seals', async () => {
    const sealedBefore = await (await createVault(oldKey)).seal(secret, context)
    const vault = await createVault(`${newKey},${oldKey}`)
    expect(vault.currentKeyId).toBe('2026')
    expect(vault.keyIdOf(sealedBefore)).toBe('2025')
    expect(await vault.unseal(sealedBefore, context)).toBe(secret)
    expect(vault.keyIdOf(await vault.seal(secret, context))).toBe('2026')
  })

  it.each([
    ['org', { ...context, orgId: 'org-2' }],
    ['owner', { ...context, ownerId: 'endpoint-2' }],
    ['secret id', { ...context, secretId: 'secret-2' }],
    ['cut between the parts', { orgId: 'org-1endpoint-1', ownerId: '', secretId: 'secret-1' }],
    ['order of the parts', { orgId: 'endpoint-1', ownerId: 'org-1', secretId: 'secret-1' }],
    ['quoting', { orgId: 'org-1","endpoint-1', ownerId: 'secret-1', secretId: '' }],
  ])('refuses a blob that was copied to another %s (X3)', async (_, where) => {
    const vault = await createVault(newKey)
    expect((await refusal(vault, await vault.seal(secret, context), where)).message).toBe(
      'The secret does not open under key "2026".',
    )
  })

  it('refuses a change of any one character', async () => {
    const vault = await createVault(`${newKey},${oldKey}`)
    const sealed = await vault.seal(secret, context)
    // The last character is left out: two of its bits are padding.
    for (let at = 0; at < sealed.length - 1; at += 1) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
      expect((await refusal(vault, changed)).message).not.toContain(secret.slice(6))
    }
  })

  it('refuses an unknown key', async () => {
    const sealed = await (await createVault(oldKey)).seal(secret, context)
    expect((await refusal(await createVault(newKey), sealed)).message).toBe(
      'The vault has no key "2025".',
    )
  })

  it('refuses a known id with other key bytes', async () => {
    const sealed = await (await createVault(`2026:${base64Key(3)}`)).seal(secret, context)
    expect((await refusal(await createVault(newKey), sealed)).message).toContain('does not open')
  })

  it.each(['', '.', '..', '2026', '2026.AAAA.AAAA', secret, `2026.${'A'.repeat(16)}`, '\0.\0.\0'])(
    'refuses what is no sealed secret: "%s"',
    async (text) => {
      const vault = await createVault(newKey)
      expect((await refusal(vault, text)).message).toBe('The text is not a sealed secret.')
      expect(() => vault.keyIdOf(text)).toThrow(VaultError)
    },
  )
})

describe('createVault', () => {
  it('takes several keys with white space around them', async () => {
    const { currentKeyId, oldKeyIds } = await createVault(` ${newKey} ,\n${oldKey}\n`)
    expect({ currentKeyId, oldKeyIds }).toEqual({ currentKeyId: '2026', oldKeyIds: ['2025'] })
  })

  it.each([
    ['nothing', '', 1],
    ['an empty entry', `${newKey},`, 2],
    ['a key without an id', base64Key(4), 1],
    ['an empty id', `:${base64Key(4)}`, 1],
    ['an id with a dot', `a.b:${base64Key(4)}`, 1],
    ['an id that is too long', `${'a'.repeat(33)}:${base64Key(4)}`, 1],
    ['a key before its id', `${base64Key(4)}:a`, 1],
    ['a key of 31 bytes', `a:${btoa('k'.repeat(31))}`, 1],
    ['a key of 16 bytes', `${newKey},a:${btoa('k'.repeat(16))}`, 2],
    ['a key of 33 bytes', `a:${btoa('k'.repeat(33))}`, 1],
    ['a key in hex', `a:${'6b'.repeat(32)}`, 1],
    ['an id twice', `${newKey},${oldKey},2025:${base64Key(5)}`, 3],
  ])('refuses %s by its position, without an echo (X3)', async (_, keys, position) => {
    const error: unknown = await createVault(keys).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(new RegExp(`^Error: Encryption key ${position} `))
    for (const part of keys.split(/[:,]/).filter((text) => text.length > 8)) {
      expect(String(error)).not.toContain(part)
    }
  })
})
