// W3C Trace Context: which headers make a trace, and how it goes on.
import { describe, expect, it } from 'vitest'
import { continueTrace, readTrace, traceIdOf } from '../../src/webhook/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const SPAN = 'aaaaaaaaaaaaaaaa'

/** The headers that go on from those that came. */
function passOn(traceparent: string, tracestate = ''): Record<string, string> | undefined {
  const kept = readTrace(traceparent, tracestate)
  return kept === undefined ? undefined : continueTrace(kept, SPAN)
}

describe('a traceparent', () => {
  it('goes on with its trace and a span of the attempt’s own', () => {
    const kept = readTrace(`00-${TRACE}-${PARENT}-01`, '')
    expect(kept).toBe(`${TRACE}-01`)
    expect(traceIdOf(kept ?? '')).toBe(TRACE)
    expect(passOn(`00-${TRACE}-${PARENT}-01`)).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01` })
  })

  it.each([
    [
      'of a later version, whatever it has more',
      `cc-${TRACE}-${PARENT}-01-what-the-future-brings`,
      '01',
    ],
    ['with flags that nobody knows', `00-${TRACE}-${PARENT}-ff`, '03'],
    ['that is not sampled', `00-${TRACE}-${PARENT}-00`, '00'],
    ['with blanks around it', ` 00-${TRACE}-${PARENT}-01 `, '01'],
  ])('%s goes on as what is known of it', (_, traceparent, flags) => {
    expect(passOn(traceparent)).toEqual({ traceparent: `00-${TRACE}-${SPAN}-${flags}` })
  })

  it.each([
    ['that is missing', ''],
    ['of the version that none is', `ff-${TRACE}-${PARENT}-01`],
    ['of version 00 that is too long', `00-${TRACE}-${PARENT}-01-more`],
    ['of a later version that does not end', `01-${TRACE}-${PARENT}-01more`],
    ['in capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['with no trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['with no parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['that is too short', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['that came twice', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
    ['with a line break', `00-${TRACE}-${PARENT}-01\nX-Other: 1`],
  ])('%s is none', (_, traceparent) => {
    expect(passOn(traceparent, 'a=b')).toBeUndefined()
  })
})

function stateOf(tracestate: string): string | undefined {
  return passOn(`00-${TRACE}-${PARENT}-01`, tracestate)?.['tracestate']
}

describe('a tracestate', () => {
  it.each([
    'a=b',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'a=1,,b=2, c=3',
    '0tenant_-*/@sys-tem=x y~!',
    Array.from({ length: 32 }, (_, place) => `k${place}=v`).join(','),
  ])('goes on unchanged: %s', (state) => {
    expect(stateOf(state)).toBe(state)
  })

  it.each([
    ['without a member', ' , '],
    ['with a key twice', 'a=1,a=2'],
    ['with a key in capitals', 'A=1'],
    ['without a value', 'a='],
    ['with no key', '=1'],
    ['with a second equals sign', 'a=1=2'],
    ['with what is not ASCII', 'a=é'],
    ['with 33 members', Array.from({ length: 33 }, (_, place) => `k${place}=v`).join(',')],
    ['of 513 characters', `a=${'v'.repeat(255)},b=${'v'.repeat(253)}`],
    ['with a value that is too long', `a=${'v'.repeat(257)}`],
  ])('%s is left out, and the trace goes on', (_, state) => {
    expect(stateOf(state)).toBeUndefined()
    expect(passOn(`00-${TRACE}-${PARENT}-01`, state)).toBeDefined()
  })
})
