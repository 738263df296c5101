// AES-256-GCM against published vectors.

import { describe, expect, it } from 'vitest'
import { decryptAesGcm, encryptAesGcm, importAesKey } from '../../src/credentials/aes-gcm.ts'

const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const feffe = 'feffe9928665731c6d6a8f9467308308'.repeat(2)
const text60 =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
  '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
const cipher60 =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
  '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662'

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
const vectors = [
  {
    number: 13,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    additional: '',
    plaintext: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    number: 14,
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    additional: '',
    plaintext: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    number: 15,
    key: feffe,
    nonce: 'cafebabefacedbaddecaf888',
    additional: '',
    plaintext: `${text60}1aafd255`,
    sealed: `${cipher60}898015adb094dac5d93471bdec1a502270e3cc6c`,
  },
  {
    number: 16,
    key: feffe,
    nonce: 'cafebabefacedbaddecaf888',
    additional: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext: text60,
    sealed: `${cipher60}76fc6ece0f4e1768cddf8853bb2d551b`,
  },
]

async function inputOf(vector: (typeof vectors)[number]) {
  const key = await importAesKey(fromHex(vector.key))
  return { key, nonce: fromHex(vector.nonce), additionalData: fromHex(vector.additional) }
}

describe('encryptAesGcm', () => {
  it.each(vectors)('agrees with test case $number', async (vector) => {
    const sealed = await encryptAesGcm(await inputOf(vector), fromHex(vector.plaintext))
    expect(toHex(sealed)).toBe(vector.sealed)
  })
})

describe('decryptAesGcm', () => {
  it.each(vectors)('agrees with test case $number', async (vector) => {
    const plaintext = await decryptAesGcm(await inputOf(vector), fromHex(vector.sealed))
    expect(toHex(plaintext)).toBe(vector.plaintext)
  })

  it.each(vectors)('refuses test case $number with one bit of the tag changed', async (vector) => {
    const sealed = fromHex(vector.sealed)
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
    await expect(decryptAesGcm(await inputOf(vector), sealed)).rejects.toThrow('Decryption failed')
  })
})

describe('importAesKey', () => {
  it('makes a key that cannot be exported (X3)', async () => {
    expect((await importAesKey(fromHex(feffe))).extractable).toBe(false)
  })
})
