// Reading JSON strictly: what is refused and where, and that accepted text stays as it was sent.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact, listInside } from '../../src/json/json-parts.ts'
import { readJson, refuseFlaws, StrictJsonError } from '../../src/json/strict-json.ts'
import { NOT_JSON, NOT_UTF8 } from './json-corpus.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => read(encode(text))

type Path = (string | number)[]

/** Reads a body that is strict throughout; `textAt` is one line of the text at a path. */
function read(bytes: Uint8Array) {
  const { value, text } = readJson(bytes)
  refuseFlaws(text)
  const textAt = (path: Path) => {
    const found = path.reduce<string | undefined>(findInside, text)
    return found === undefined ? undefined : compact(found)
  }
  return { value, textAt }
}

function findInside(text: string | undefined, step: string | number): string | undefined {
  return listInside(text ?? '').find((inside) => inside.step === step)?.text
}

function parseOrError(body: string | Uint8Array): ReturnType<typeof read> | StrictJsonError {
  try {
    return read(typeof body === 'string' ? encode(body) : body)
  } catch (error) {
    if (error instanceof StrictJsonError) return error
    throw error
  }
}

function refusal(body: string | Uint8Array): StrictJsonError {
  const result = parseOrError(body)
  if (result instanceof StrictJsonError) return result
  throw new Error(`accepted ${JSON.stringify(body)}`)
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('readJson and refuseFlaws: grammar', () => {
  const cases = Object.entries(NOT_JSON).flatMap(([kind, texts]) =>
    texts.map((text) => ({ kind, text })),
  )

  it('has at least 150 texts that are not JSON, each once', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150)
    expect(new Set(cases.map(({ text }) => text)).size).toBe(cases.length)
  })

  it.each(cases)('refuses $kind: $text (I3)', ({ text }) => {
    expect(refusal(text).message).toMatch(/^The body is not JSON: .+ at line \d+, column \d+\.$/)
  })

  it('refuses each of them inside a value as well (I3)', () => {
    // Balanced brackets can make a valid text of two broken ones, such as `1,000` in an array.
    const inside = cases.filter(({ text }) => !isJson(`[${text}]`))
    for (const { text } of inside) expect(refusal(`[${text}]`).message).toContain('not JSON')
    expect(inside.length).toBeGreaterThan(250)
  })

  it('says line and column of the first mistake', () => {
    expect(refusal('{\r\n  "a": 1,\n  b: 2\n}').message).toContain('at line 3, column 3.')
    expect(refusal('[1 2]').message).toBe(
      'The body is not JSON: comma expected at line 1, column 4.',
    )
  })

  it('agrees with JSON.parse on any string of JSON tokens', () => {
    const signs = Array.from('{}[],:"\\10-.e+ \n\t/*\'\u00a0')
    const tokens = [...signs, '"a"', '"b"', 'true', 'null', '\\u0041']
    const texts = fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        const reason = isJson(text) ? /appears twice/ : /not JSON: .+ at line/
        expect(parseOrError(text)).toSatisfy((result) =>
          result instanceof StrictJsonError ? reason.test(result.message) : isJson(text),
        )
      }),
      { numRuns: 5000 },
    )
  })

  it('takes every value that RFC 8259 allows at the top', () => {
    for (const text of ['0', '-0', '"a"', 'true', 'false', 'null', '[]', '{}', ' \t\r\n1 \t\r\n']) {
      expect(parse(text).value).toEqual(JSON.parse(text))
      expect(parse(text).textAt([])).toBe(text.trim())
    }
  })
})

describe('readJson and refuseFlaws: encoding', () => {
  it.each(Object.entries(NOT_UTF8))('refuses %s (I3)', (_, bytes) => {
    expect(refusal(Uint8Array.from([0x22, ...bytes, 0x22])).message).toContain('not UTF-8')
  })

  it('refuses UTF-16', () => {
    expect(refusal(Uint8Array.from([0xff, 0xfe, 0x31, 0x00])).message).toContain('not UTF-8')
  })

  it('refuses a byte order mark', () => {
    expect(refusal('\ufeff{}').message).toContain('byte order mark')
  })

  it('refuses no bytes', () => {
    expect(refusal('')).toMatchObject({ message: 'The body is empty: send JSON.', path: [] })
  })
})

describe('readJson and refuseFlaws: strings', () => {
  it.each([
    ['a high surrogate', '{"a":["x","\\ud83d"]}', ['a', 1]],
    ['a low surrogate', '{"a":"\\uDE00"}', ['a']],
    ['a pair the wrong way round', '["\\ude00\\ud83d"]', [0]],
    ['a high surrogate before another escape', '"\\ud83d\\n"', []],
    ['two high surrogates before a low one', '"\\ud83d\\ud83d\\ude00"', []],
    ['a lone surrogate in a name', '{"a":{"\\ud83d":1}}', ['a']],
  ])('refuses %s (I3)', (_, text, path) => {
    expect(refusal(text)).toMatchObject({ path, message: expect.stringContaining('surrogate') })
  })

  it.each([
    ['in a value', '{"a":{"b":"x\\u0000"}}', ['a', 'b']],
    ['in a name', '[{"\\u0000":1}]', [0]],
    ['alone', '"\\u0000"', []],
  ])('refuses U+0000 %s (I3)', (_, text, path) => {
    expect(refusal(text)).toMatchObject({ path, message: expect.stringContaining('U+0000') })
  })

  it('takes an escaped pair, and a backslash before what only looks like an escape', () => {
    expect(parse('"\\ud83d\\ude00"').value).toBe('\u{1f600}')
    expect(parse('"\\\\ud83d"').value).toBe('\\ud83d')
    expect(parse('"\\\\u0000"').value).toBe('\\u0000')
  })

  it('round-trips characters of every Unicode plane, raw and escaped (P3)', () => {
    for (let plane = 0; plane <= 16; plane += 1) {
      const offsets = [0x0001, 0x0020, 0x00e9, 0x2028, 0x4e00, 0xe000, 0xf600, 0xfffd, 0xffff]
      const points = offsets.map((offset) => plane * 0x10000 + offset)
      const characters = String.fromCodePoint(...points.filter((point) => point >= 0x20))
      const raw = JSON.stringify({ [characters]: characters })
      const escaped = raw.replaceAll(/[^ -~]/g, (unit) => `\\u${hexUnit(unit)}`)
      for (const text of [raw, escaped]) {
        expect(parse(text).value).toEqual({ [characters]: characters })
        expect(parse(text).textAt([])).toBe(text)
      }
    }
  })
})

describe('readJson and refuseFlaws: depth', () => {
  it('takes 64 levels', () => {
    expect(parse(nested(64)).textAt([])).toBe(nested(64))
    expect(parse('{"a":'.repeat(64) + '1' + '}'.repeat(64)).value).toHaveProperty('a.a.a')
  })

  it.each([
    ['arrays', nested(65), 0],
    ['objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65), 'a'],
  ])('refuses 65 levels of %s, pointing at the last', (_, text, name) => {
    const { message, path } = refusal(text)
    expect(message).toContain('64 levels')
    expect(path).toEqual(Array.from({ length: 64 }, () => name))
  })

  it.each([
    ['closed arrays', nested(500_000)],
    ['open arrays', '['.repeat(1_000_000)],
    ['open objects', '{"a":'.repeat(200_000)],
    ['arrays before a mistake', `${nested(500_000)}x`],
  ])('refuses 1 MB of %s without overflowing the stack (R1)', (_, text) => {
    expect(refusal(text).message).toMatch(/nested too deeply: use (?:64|1000) levels/)
  })

  it('names a mistake in the grammar below 64 levels', () => {
    expect(refusal(`${'['.repeat(900)}01`).message).toContain('not JSON')
  })
})

describe('readJson and refuseFlaws: members', () => {
  it.each([
    ['at the top', '{"a":1,"b":2,"a":3}', ['a']],
    ['inside', '{"x":[0,{"a":1,"a":1}]}', ['x', 1, 'a']],
    ['that an escape spells', '{"a":1,"\\u0061":2}', ['a']],
    ['with the empty name', '{"":1,"":2}', ['']],
    ['with the name __proto__', '{"__proto__":1,"__proto__":2}', ['__proto__']],
  ])('refuses a member twice %s', (_, text, path) => {
    expect(refusal(text)).toMatchObject({ path, message: expect.stringContaining('twice') })
  })

  it('takes one name in several objects', () => {
    expect(parse('[{"a":{"a":1}},{"a":2}]').value).toEqual([{ a: { a: 1 } }, { a: 2 }])
  })

  it('keeps prototype-named members as plain data', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":2,"toString":3,"hasOwnProperty":4}'
    const { value, textAt } = parse(text)
    expect(Object.entries(Object(value))).toEqual([
      ['__proto__', { polluted: 1 }],
      ['constructor', 2],
      ['toString', 3],
      ['hasOwnProperty', 4],
    ])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object(value).polluted).toBeUndefined()
    expect(textAt(['__proto__'])).toBe('{"polluted":1}')
  })
})

describe('readJson and refuseFlaws: size', () => {
  it.each(['0', '""', '[]', '{}', '{"a":1}', '"\\u00e9"', `"${'\\"'.repeat(99)}"`])(
    'takes 1 MB of %s (R1)',
    (item) => {
      const items = Array.from({ length: 1_000_000 / (item.length + 1) }, () => item)
      expect(parse(`[${items.join(', ')}]`).textAt([]) === `[${items.join()}]`).toBe(true)
    },
  )

  it('takes an object of 100,000 members (R1)', () => {
    const members = Array.from({ length: 100_000 }, (_, index) => `"m${index}":${index}`)
    expect(parse(`{${members.join()}}`).textAt(['m99999'])).toBe('99999')
  })
})

function hexUnit(unit: string): string {
  return unit.charCodeAt(0).toString(16).padStart(4, '0')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
