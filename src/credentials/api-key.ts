// API keys: how one is made, and recognised without I/O.
import { toHex } from './bytes.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PUBLIC_ID_LENGTH = 8
const SECRET_BYTES = 32
/** 62^43 is the first power of 62 above 2^256. */
const SECRET_LENGTH = 43
/** 62^6 is the first power of 62 above 2^32. */
const CHECKSUM_LENGTH = 6
const KEY_SHAPE = /^sk_(?:live|test)_([0-9A-Za-z]{8})[0-9A-Za-z]{49}$/

/**
 * Finds a key anywhere in a text, for leak scanners. What it finds may still be junk: the last six
 * characters are a checksum, which `parseApiKey` tests offline.
 */
export const API_KEY_PATTERN = /sk_(?:live|test)_[0-9A-Za-z]{57}\b/

/** What a key says about itself: the mode it was made for, and the 8 characters that logs may name. */
type ApiKeyParts = { mode: 'live' | 'test'; publicId: string }

/**
 * Makes a key: `sk_live_` or `sk_test_`, the 8-character public id, 32 random bytes (43 characters)
 * and a CRC-32 of everything before it (6 characters), all in base62. 65 characters in total.
 */
export function createApiKey(mode: ApiKeyParts['mode']): { key: string; publicId: string } {
  // Sixteen bytes for eight characters: the bias of the cut-off quotient is below 2^-80.
  const publicId = toBase62(randomInteger(16), PUBLIC_ID_LENGTH)
  const secret = toBase62(randomInteger(SECRET_BYTES), SECRET_LENGTH)
  const unchecked = `sk_${mode}_${publicId}${secret}`
  return { key: unchecked + checksum(unchecked), publicId }
}

/**
 * Reads a key's parts, or `undefined` when its shape or checksum is wrong. Says nothing about
 * whether the key was ever issued.
 */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const publicId = KEY_SHAPE.exec(text)?.[1]
  if (publicId === undefined) return undefined
  if (checksum(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return undefined
  return { mode: text.startsWith('sk_live_') ? 'live' : 'test', publicId }
}

function randomInteger(bytes: number): bigint {
  return BigInt(`0x${toHex(crypto.getRandomValues(new Uint8Array(bytes)))}`)
}

/** The lowest `width` base62 digits, with leading zeros. */
function toBase62(value: bigint, width: number): string {
  let digits = ''
  for (let rest = value; digits.length < width; rest /= 62n) {
    digits = BASE62.charAt(Number(rest % 62n)) + digits
  }
  return digits
}

function checksum(text: string): string {
  return toBase62(BigInt(crc32(new TextEncoder().encode(text))), CHECKSUM_LENGTH)
}

/** CRC-32 as in gzip and PNG (ISO 3309), bit by bit: 59 bytes need no table. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
