// API keys: their shape and their checksum.

import { describe, expect, it } from 'vitest'
import { API_KEY_PATTERN, createApiKey, parseApiKey } from '../../src/credentials/api-key.ts'

/** Made once with Python's zlib.crc32, so that keys stay readable across versions. */
const KNOWN_KEY = 'sk_live_0aZ9bY8c0000123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd2jHAPZ'

describe('createApiKey', () => {
  it.each(['live', 'test'] as const)('makes a %s key that parses to its parts', (mode) => {
    const { key, publicId } = createApiKey(mode)
    expect(key).toMatch(new RegExp(`^sk_${mode}_${publicId}[0-9A-Za-z]{49}$`))
    expect(key).toHaveLength(65)
    expect(parseApiKey(key)).toEqual({ mode, publicId })
  })

  it('makes another key each time, each of the same length', () => {
    const keys = Array.from({ length: 500 }, () => createApiKey('live').key)
    expect(new Set(keys).size).toBe(500)
    expect(new Set(keys.map((key) => key.slice(8, 16))).size).toBe(500)
    expect(new Set(keys.map((key) => key.length))).toEqual(new Set([65]))
  })

  it('uses every character of base62 in id and secret', () => {
    const keys = Array.from({ length: 500 }, () => createApiKey('live').key.slice(8, 59))
    expect(new Set(keys.map((key) => key.slice(0, 8)).join('')).size).toBe(62)
    expect(new Set(keys.map((key) => key.slice(9)).join('')).size).toBe(62)
  })
})

describe('parseApiKey', () => {
  it('reads a key that another implementation made', () => {
    expect(parseApiKey(KNOWN_KEY)).toEqual({ mode: 'live', publicId: '0aZ9bY8c' })
  })

  it('refuses every change of one character', () => {
    const { key } = createApiKey('test')
    for (let at = 0; at < key.length; at += 1) {
      const changed = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1)
      expect(parseApiKey(changed)).toBeUndefined()
    }
  })

  it('refuses a live key that is renamed to test', () => {
    expect(parseApiKey(createApiKey('live').key.replace('live', 'test'))).toBeUndefined()
  })

  it('refuses other shapes', () => {
    const { key } = createApiKey('live')
    const others = ['', 'sk_live_', key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, `${key} `]
    const more = [key.toUpperCase(), key.replace('sk_', 'pk_'), `Bearer ${key}`, '\0'.repeat(65)]
    for (const text of [...others, ...more]) expect(parseApiKey(text)).toBeUndefined()
  })
})

describe('API_KEY_PATTERN', () => {
  it('finds a key in the text around it', () => {
    const { key } = createApiKey('live')
    for (const text of [key, `KEY="${key}"`, `https://a/?key=${key}&b`, `x${key}\n`, `a_${key}.`]) {
      expect(API_KEY_PATTERN.exec(text)?.[0]).toBe(key)
    }
  })

  it('leaves longer keys of other services alone', () => {
    expect(API_KEY_PATTERN.test(`sk_live_${'a'.repeat(99)}`)).toBe(false)
  })
})
