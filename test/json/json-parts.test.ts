// The parts of a JSON text: left alone where they are passed on, found with their own text.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact, listInside } from '../../src/json/json-parts.ts'
import { refuseFlaws, StrictJsonError } from '../../src/json/strict-json.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** One line of the text of the value at a path. */
function textAt(text: string, path: (string | number)[]): string | undefined {
  const found = path.reduce<string | undefined>(findInside, text)
  return found === undefined ? undefined : compact(found)
}

function findInside(text: string | undefined, step: string | number): string | undefined {
  return listInside(text ?? '').find((inside) => inside.step === step)?.text
}

describe('refuseFlaws with a member that is passed on', () => {
  const flawed = ['"\\ud83d"', '"\\u0000"', '{"a":1,"a":2}', '{"\\ude00":1}', nested(500_000)]

  it.each(flawed)('leaves it alone: %s (P3)', (text) => {
    for (const body of [`{"call":${text}}`, `{"a":1,"call" : ${text} ,"b":[2]}`]) {
      expect(() => refuseFlaws(body, 'call')).not.toThrow()
    }
  })

  it.each(flawed)('refuses the same in every other place: %s', (text) => {
    const others = [`{"a":${text}}`, `[{"call":${text}}]`, `{"x":{"call":${text}}}`, text]
    for (const body of others) expect(() => refuseFlaws(body, 'call')).toThrow(StrictJsonError)
  })

  it.each(['{"call":1,"call":2}', '{"call":{},"\\u0063all":{}}'])(
    'refuses it twice: %s',
    (body) => {
      expect(() => refuseFlaws(body, 'call')).toThrow(/appears twice/)
    },
  )
})

describe('listInside and compact', () => {
  it('keeps numbers as they were sent (P3)', () => {
    for (const number of ['9007199254740993', '1.0', '1e400', '-0', '1E+2', '0.10', '1e-400']) {
      expect(textAt(`{"call":{"n" : ${number} }}`, ['call'])).toBe(`{"n":${number}}`)
      expect(textAt(` ${number}\n`, [])).toBe(number)
    }
  })

  it('keeps the order of members, integer-like names included (P3)', () => {
    expect(textAt('{"call":{"b":1,"2":2,"a":3,"1":4}}', ['call'])).toBe('{"b":1,"2":2,"a":3,"1":4}')
  })

  it('keeps escapes and white space inside strings (P3)', () => {
    const text = '{"\\u0061 b":"\\/ \\" \\\\","c":" \\n, : ]} "}'
    expect(textAt(text, [])).toBe(text)
  })

  it('removes white space between tokens, line by line or all at once', () => {
    const text = '\r\n{ "a" :\t[ 1 ,\n\n  { "b c" : [ ] , "d" : { } } ] }\n'
    expect(textAt(text, [])).toBe('{"a":[1,{"b c":[],"d":{}}]}')
  })

  it('finds any value by names and indices', () => {
    const text = '{"events":[{"call":{"id":1}},{"call": null},[[7]]],"0":"zero","":2}'
    expect(textAt(text, ['events', 0, 'call'])).toBe('{"id":1}')
    expect(textAt(text, ['events', 1, 'call'])).toBe('null')
    expect(textAt(text, ['events', 2, 0, 0])).toBe('7')
    expect(textAt(text, ['0'])).toBe('"zero"')
    expect(textAt(text, [''])).toBe('2')
  })

  it('tells how deep a value is nested', () => {
    const inside = listInside(`[1,"[",[],{"a":[{}]},${nested(500_000)}]`)
    expect(inside.map(({ depth }) => depth)).toEqual([0, 0, 1, 3, 500_000])
  })

  it('lists members as often as they are there, under the names that escapes spell', () => {
    const names = listInside('{"id":1,"\\u0069d":2,"\\ud83d":3,"":4}').map(({ step }) => step)
    expect(names).toEqual(['id', 'id', '\ud83d', ''])
  })

  it('answers undefined where nothing is', () => {
    const text = '{"a":[1],"0":2}'
    for (const path of [['b'], ['a', 1], ['a', -1], ['a', 0.5], ['a', '0'], [0], ['a', 0, 'x']]) {
      expect(textAt(text, path)).toBeUndefined()
    }
  })

  it('gives back any value of fast-check in one line, whatever the indentation (P3)', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, 2, '\t'), (value, space) => {
        expect(textAt(JSON.stringify(value, undefined, space), [])).toBe(JSON.stringify(value))
      }),
    )
  })
})
