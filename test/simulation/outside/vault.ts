// A vault that hides nothing, so that what it holds can be checked, and that may fail to open.
import { VaultError, type Vault } from '../../../src/credentials/vault.ts'

/** Secrets in the clear, each bound to its place as sealed ones are; `fail` is asked at each opening. */
export function openVault(fail: () => Error | undefined): Vault {
  return {
    currentKeyId: 'main',
    oldKeyIds: [],
    keyIdOf: () => 'main',
    seal: async (plaintext, context) => `${JSON.stringify(context)} ${plaintext}`,
    unseal: async (sealed, context) => {
      const error = fail()
      if (error) throw error
      const place = `${JSON.stringify(context)} `
      if (!sealed.startsWith(place)) throw new VaultError('It was sealed for another place.')
      return sealed.slice(place.length)
    },
  }
}

/** The secret in a sealed text. */
export function plaintextIn(sealed: unknown): string {
  return String(sealed).split(' ').at(-1) ?? ''
}
