// The texts that a delivery's page makes: JSON laid out, differences, command lines, durations.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeCurl } from '../../../src/dashboard/delivery/curl.ts'
import { diffLines } from '../../../src/dashboard/delivery/diff.ts'
import { prettify, tokenize } from '../../../src/dashboard/ui/json-text.ts'
import { writeDuration } from '../../../src/dashboard/ui/durations.ts'

const deep = (inside: string) => '['.repeat(499) + inside + ']'.repeat(499)

describe('prettify', () => {
  it('changes white space only (P3)', () => {
    const json = '{"big":9007199254740993,"one":1.0,"far":1e400,"text":"a b","b":{"2":[],"1":{}}}'
    expect(prettify(json)).toBe(
      '{\n  "big": 9007199254740993,\n  "one": 1.0,\n  "far": 1e400,\n  "text": "a b",\n  "b": {\n' +
        '    "2": [],\n    "1": {}\n  }\n}',
    )
  })

  it('leaves alone what would be nearly all indentation (R1)', () => {
    for (const json of [deep('0,'.repeat(30_000) + '0'), `[${Array(60).fill(deep('')).join()}]`]) {
      expect(prettify(json)).toBe(json)
    }
    expect(prettify(`${'['.repeat(200)}${']'.repeat(200)}`)).toContain('\n  [')
  })

  it('keeps the value of every JSON text', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(JSON.parse(prettify(json))).toEqual(JSON.parse(json))
      }),
    )
  })
})

describe('tokenize', () => {
  it('tells keys, strings, numbers and words apart', () => {
    const kinds = tokenize('{"a": "b: c", "d": [-1.5e3, true, null]}').filter(({ kind }) => kind)
    expect(kinds).toEqual([
      { kind: 'key', text: '"a"' },
      { kind: 'string', text: '"b: c"' },
      { kind: 'key', text: '"d"' },
      { kind: 'number', text: '-1.5e3' },
      { kind: 'word', text: 'true' },
      { kind: 'word', text: 'null' },
    ])
  })

  it('loses nothing of any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const pieces = tokenize(text).map((piece) => piece.text)
        expect(pieces.join('')).toBe(text)
      }),
    )
  })
})

describe('diffLines', () => {
  const line = fc.constantFrom('a', 'b', 'c', '')
  const text = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join('\n'))

  it('leads from one text to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after)
        const without = (kind: string) =>
          lines
            .filter((one) => one.kind !== kind)
            .map((one) => one.text)
            .join('\n')
        expect(without('added')).toBe(before)
        expect(without('removed')).toBe(after)
      }),
    )
  })

  it('finds nothing between equal texts', () => {
    expect(diffLines('a\nb', 'a\nb').every(({ kind }) => kind === 'same')).toBe(true)
  })
})

describe('writeCurl', () => {
  it('quotes what a shell would take apart', () => {
    const line = writeCurl('https://x.example/?a=1&b=$c', { 'X-A': "it's" }, '{"a":"`rm`\'"}')
    expect(line).toContain("'https://x.example/?a=1&b=$c'")
    expect(line).toContain(`-H 'X-A: it'\\''s'`)
    expect(line).toContain(`--data-raw '{"a":"\`rm\`'\\''"}'`)
  })
})

describe('writeDuration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [60_000, '1 min'],
    [303_000, '5 min 3 s'],
    [7_200_000, '2 h'],
    [93_600_000, '1 d 2 h'],
  ])('writes %i as %s', (ms, text) => {
    expect(writeDuration(ms)).toBe(text)
  })
})
