// How the vault's keys are written: `id:key[,id:key…]`.
const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/

/** A key by its id, 32 bytes in base64. */
export type VaultKey = { id: string; encoded: string }

/** Reads them, in order. @throws Error naming the entry that is wrong by its position: an echo could be the key itself. */
export function parseKeys(text: string): VaultKey[] {
  const ids = new Set<string>()
  return text.split(',').map((entry, index) => {
    const [, id, encoded] = ENTRY.exec(entry.trim()) ?? []
    if (id === undefined || encoded === undefined) {
      throw new Error(`Encryption key ${index + 1} is not "id:" and 32 bytes in base64.`)
    }
    if (ids.has(id)) throw new Error(`Encryption key ${index + 1} repeats an earlier id.`)
    ids.add(id)
    return { id, encoded }
  })
}
