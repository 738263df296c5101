// A page says how much of an answer's body it shows, and why a body is not laid out.
import { describe, expect, it } from 'vitest'
import { describeBody } from '../../../src/dashboard/delivery/attempt.tsx'
import { findUnlaid, prettify } from '../../../src/dashboard/ui/json-text.ts'

describe('an answer’s body', () => {
  it.each([
    ['', {}, 'The body is empty.'],
    ['', { 'content-length': '0' }, 'The body is empty.'],
    ['ok', {}, '2 bytes, all that came.'],
    ['é', {}, '2 bytes, all that came.'],
    ['ok', { 'content-length': '2' }, 'All 2 bytes.'],
    ['x'.repeat(4096), { 'content-length': '4096' }, 'All 4,096 bytes.'],
    ['ok', { 'content-length': '300' }, 'Its first 2 of 300 bytes. It broke off there.'],
    [
      'got …c41x',
      { 'content-length': '40' },
      'It had 40 bytes. What stands as … was covered, or the body broke off.',
    ],
    ['ok', { 'content-length': 'many' }, '2 bytes, all that came.'],
    [
      'x'.repeat(4096),
      { 'content-length': '1234567' },
      'Its first 4,096 of 1,234,567 bytes. More are not kept.',
    ],
    [
      '\u0001'.repeat(1300),
      { 'content-length': '2000' },
      'Its first 1,300 of 2,000 bytes. More are not kept.',
    ],
    ['x'.repeat(4092), {}, '4,092 bytes, all that came.'],
    ['x'.repeat(4093), {}, 'Its first 4,093 bytes. More are not kept, if more came.'],
    [
      'x'.repeat(4096),
      { 'content-length': '90', 'content-encoding': 'gzip' },
      'Its first 4,096 bytes. More are not kept, if more came.',
    ],
  ])('is told about: %.12s… with %o', (body, headers, told) => {
    expect(describeBody({ headers, body })).toBe(told)
  })
})

describe('a body on a page', () => {
  it('is laid out, or the reason why not is told', () => {
    expect(findUnlaid('{"a":[1]}')).toBeUndefined()
    const long = JSON.stringify({ text: 'x'.repeat(200_000) })
    expect(findUnlaid(long)).toBe('it is longer than 64 KB')
    const deep = '['.repeat(499) + '0,'.repeat(30_000) + '0' + ']'.repeat(499)
    expect(findUnlaid(deep)).toBe('nested so deep, it would be nearly all indentation')
    for (const json of [long, deep]) expect(prettify(json)).toBe(json)
  })
})
