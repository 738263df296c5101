import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Call } from '../../src/api/document/call.ts'
import { findUnmet, readExactly, readFilter } from '../../src/filter/filter.ts'
import { findFlaws, PLAIN_MEMBERS } from '../../src/filter/flaws.ts'

const CALL = `{"id":"61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59","direction":"outbound","duration_seconds":42,
  "metadata":{"campaign":"spring","order":9007199254740993,"vip":true,"none":null,"a.b":1,
    "campaign ":"x","list":[{"n":1},2.50]},"direction":"inbound","price":1.0}`

function unmet(filter: string | object, call = CALL): string | undefined {
  const text = typeof filter === 'string' ? filter : JSON.stringify(filter)
  expect(findFlaws(JSON.parse(text))).toEqual([])
  return findUnmet(readFilter(text), readExactly(call))
}

describe('a condition', () => {
  it.each<[string, boolean]>([
    ['{"path":"metadata.campaign","equals":"spring"}', true],
    ['{"path":"metadata.campaign","equals":"Spring"}', false],
    ['{"path":["metadata","a.b"],"equals":1}', true],
    ['{"path":"metadata.a.b","equals":1}', false],
    ['{"path":"metadata.none","equals":null}', true],
    ['{"path":"metadata.gone","equals":null}', false],
    ['{"path":"metadata.vip","equals":true}', true],
    ['{"path":"metadata.vip","equals":"true"}', false],
    ['{"path":"metadata.vip","equals":1}', false],
    ['{"path":"metadata","equals":"[object Object]"}', false],
    ['{"path":"metadata.list.0.n","equals":1}', true],
    ['{"path":"metadata.list.length","exists":true}', false],
    ['{"path":"metadata.toString","exists":true}', false],
    ['{"path":"metadata.order.digits","exists":true}', false],
    ['{"path":"metadata.none","exists":true}', true],
    ['{"path":"metadata.gone","exists":false}', true],
    ['{"path":"metadata.campaign","exists":false}', false],
    ['{"path":"metadata.campaign","in":["autumn","spring"]}', true],
    ['{"path":"metadata.campaign","in":["autumn"]}', false],
    ['{"path":"metadata.list.1","in":[1,2.5]}', true],
    ['{"path":"metadata.campaign","prefix":"spr"}', true],
    ['{"path":"metadata.campaign","prefix":"ring"}', false],
    ['{"path":"duration_seconds","prefix":"4"}', false],
    ['{"path":"duration_seconds","gt":41.999999999999999999}', true],
    ['{"path":"duration_seconds","gt":42}', false],
    ['{"path":"duration_seconds","gte":42.0}', true],
    ['{"path":"duration_seconds","gte":42.0000000000000000001}', false],
    ['{"path":"duration_seconds","lt":4.2000000000000000001e1}', true],
    ['{"path":"duration_seconds","lt":42}', false],
    ['{"path":"duration_seconds","lte":42}', true],
    ['{"path":"duration_seconds","lte":-42}', false],
    ['{"path":"metadata.campaign","gt":0}', false],
    ['{"path":"metadata.gone","lt":0}', false],
  ])('%s: %s', (filter, holds) => {
    expect(unmet(filter) === undefined).toBe(holds)
  })

  it('takes the last of a repeated member', () => {
    expect(unmet('{"path":"direction","equals":"inbound"}')).toBeUndefined()
    expect(unmet('{"path":"direction","equals":"outbound"}')).toBeDefined()
    expect(unmet('{"path":"n","equals":2}', '{"n":1,"n":2.0}')).toBeUndefined()
  })

  it.each([
    ['9007199254740993', '9007199254740992', false],
    ['9007199254740993', '9007199254740993.000', true],
    ['1', '1.0', true],
    ['1e2', '100', true],
    ['-0', '0', true],
    ['0.1', '0.1000000000000000055511151231257827', false],
    ['0.30000000000000001', '0.3', false],
    ['1E+400', '10e399', true],
  ])('compares numbers by what they are: %s is %s: %s', (one, other, isSame) => {
    const holds = findUnmet(
      readFilter(`{"path":"n","equals":${one}}`),
      readExactly(`{"n":${other}}`),
    )
    expect(holds === undefined).toBe(isSame)
  })

  it('orders decimals of any length as integers are ordered', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), fc.nat(30), (one, other, zeros) => {
        const filter = readFilter(`{"path":"n","gt":${one}}`)
        const call = readExactly(`{"n":${other}.${'0'.repeat(zeros + 1)}}`)
        expect(findUnmet(filter, call) === undefined).toBe(other > one)
      }),
    )
  })
})

describe('conditions together', () => {
  const yes = { path: 'metadata.campaign', equals: 'spring' }
  const no = { path: 'metadata.campaign', equals: 'autumn' }

  it.each<[object, string | undefined]>([
    [{ all: [yes, yes] }, undefined],
    [{ all: [yes, no] }, 'all.1: metadata.campaign equals "autumn"'],
    [{ any: [no, yes] }, undefined],
    [{ any: [no] }, 'any.0: metadata.campaign equals "autumn"'],
    [{ any: [no, no] }, 'none of 2 held'],
    [{ all: [{ any: [no, no] }] }, 'all.0: none of 2 held'],
    [{ not: no }, undefined],
    [{ not: yes }, 'not: must not hold, but does: metadata.campaign equals "spring"'],
    [
      { all: [yes, { not: { all: [yes] } }] },
      'all.1.not.all.0: must not hold, but does: metadata.campaign equals "spring"',
    ],
    [{ not: { not: { not: yes } } }, 'must not hold, but does'],
    [{ not: { not: yes } }, undefined],
    [no, 'metadata.campaign equals "autumn"'],
  ])('%j: %s', (filter, words) => {
    expect(unmet(filter)).toBe(words)
  })

  it('is told of in a hundred characters at most', () => {
    const words = unmet({ path: 'x', in: Array(50).fill('😀😀😀') })
    expect(Array.from(words ?? '')).toHaveLength(100)
    expect(words?.isWellFormed()).toBe(true)
  })
})

describe('a value that is no filter', () => {
  const deep = (levels: number): object =>
    levels === 0 ? { path: 'a', exists: true } : { not: deep(levels - 1) }

  it.each<[unknown, string]>([
    [null, ''],
    [[], ''],
    ['direction', ''],
    [{}, 'path'],
    [{ all: [] }, 'all'],
    [{ any: {} }, 'any'],
    [{ all: [{ path: 'a', equals: 1 }, 7] }, 'all.1'],
    [{ all: [{ path: 'a', exists: true }], any: [] }, 'all'],
    [{ not: { path: 'a', exists: true }, path: 'a' }, 'not'],
    [{ path: 'a' }, ''],
    [{ path: 'a', equals: 1, gt: 0 }, ''],
    [{ path: 'a', like: 'x' }, 'like'],
    [{ path: 'a', constructor: 'x' }, 'constructor'],
    [{ path: '', equals: 1 }, 'path'],
    [{ path: 'a..b', equals: 1 }, 'path'],
    [{ path: [], equals: 1 }, 'path'],
    [{ path: ['a', 1], equals: 1 }, 'path'],
    [{ path: 'a.'.repeat(8) + 'a', equals: 1 }, 'path'],
    [{ path: 'status.code', equals: 1 }, 'path'],
    [{ path: ['duration_seconds', 'x'], gt: 1 }, 'path'],
    [{ path: 'a', equals: { b: 1 } }, 'equals'],
    [{ path: 'a', equals: 'x'.repeat(201) }, 'equals'],
    [{ path: 'a', equals: 'x\u0000' }, 'equals'],
    [{ path: 'a', equals: '\ud800' }, 'equals'],
    [{ path: 'a', in: [] }, 'in'],
    [{ path: 'a', in: 'x' }, 'in'],
    [{ path: 'a', in: Array(101).fill(1) }, 'in'],
    [{ path: 'a', exists: 'yes' }, 'exists'],
    [{ path: 'a', prefix: '' }, 'prefix'],
    [{ path: 'a', prefix: 4 }, 'prefix'],
    [{ path: 'a', gt: '1' }, 'gt'],
    [{ path: 'a', lte: null }, 'lte'],
    [{ all: [{ any: [{ path: 'a', like: 1 }] }] }, 'all.0.any.0.like'],
    [deep(5), 'not.not.not.not'],
    [{ all: Array.from({ length: 21 }, () => ({ path: 'a', exists: true })) }, ''],
  ])('%j is refused at "%s"', (value, place) => {
    const [flaw] = findFlaws(value)
    expect(flaw?.path.join('.')).toBe(place)
    expect(flaw?.message).toMatch(/^(must|is|leads) /)
  })

  it('is none at the limits', () => {
    expect(findFlaws(deep(4))).toEqual([])
    expect(
      findFlaws({ all: Array.from({ length: 20 }, () => ({ path: 'a', exists: true })) }),
    ).toEqual([])
    expect(findFlaws({ path: ['metadata', 'x'.repeat(200)], equals: 'x'.repeat(200) })).toEqual([])
  })

  it('knows the members of a call that have none', () => {
    const members = Object.entries(Call.shape).filter(
      ([name]) => !['context', 'returns', 'tools', 'metadata', 'result'].includes(name),
    )
    expect(PLAIN_MEMBERS.toSorted()).toEqual(members.map(([name]) => name).toSorted())
  })
})

it('a filter is made JSON again with the digits that it was written with', () => {
  const text = '{"any":[{"path":"a","equals":12345678901234567890.10},{"path":"b","gt":1E400}]}'
  expect(JSON.stringify(readExactly(text))).toBe(text)
})
