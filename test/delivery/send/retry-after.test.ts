// Retry-After: seconds, the three forms of an HTTP date, and nothing else.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../../src/delivery/send/retry-after.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const YEAR = 365.25 * 24 * 3_600_000

const SHORT = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const LONG = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The three forms of an instant, each written by other means than it is read. */
function writeForms(at: number): string[] {
  const date = new Date(at)
  // Sun, 06 Nov 1994 08:49:37 GMT
  const imf = date.toUTCString()
  const [, day = '', month = '', year = '', time = ''] = imf.split(' ')
  const place = date.getUTCDay()
  return [
    imf,
    `${LONG[place]}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${SHORT[place]} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  ]
}

function withoutDigits(text: string): string {
  return text.replaceAll(/[\d ]/g, '0')
}

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 2 * MINUTE],
    ['007', 7000],
    ['2050', 2_050_000],
    ['9'.repeat(400), Infinity],
    ['Mon, 23 Nov 2026 12:02:00 GMT', 2 * MINUTE],
    ['Monday, 23-Nov-26 12:02:00 GMT', 2 * MINUTE],
    ['Mon Nov 23 12:02:00 2026', 2 * MINUTE],
    ['Tue Dec  1 12:00:00 2026', 8 * 24 * 60 * MINUTE],
    ['Tue Dec 01 12:00:00 2026', 8 * 24 * 60 * MINUTE],
    ['Mon, 23 Nov 2026 12:01:60 GMT', 2 * MINUTE],
    ['Mon, 23 Nov 2026 11:59:59 GMT', 0],
    ['Monday, 23-Nov-76 12:00:00 GMT', Date.parse('2076-11-23T12:00:00Z') - NOW],
    ['Tuesday, 23-Nov-77 12:00:00 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Sun Nov  6 08:49:37 1994', 0],
  ])('reads "%s" as %i ms from now', (value, wait) => {
    expect(parseRetryAfter(value, NOW)).toBe(wait)
  })

  it('reads any instant of the next fifty years in each of the three forms', () => {
    const instants = fc.integer({ min: 0, max: Math.floor((49 * YEAR) / 1000) })
    fc.assert(
      fc.property(instants, (seconds) => {
        for (const form of writeForms(NOW + seconds * 1000)) {
          expect([form, parseRetryAfter(form, NOW)]).toEqual([form, seconds * 1000])
        }
      }),
    )
  })

  it.each(
    [
      '3600.5',
      '49.9',
      '+60',
      '-60',
      '6e3',
      '0x40',
      '60s',
      '60 seconds',
      '1 0',
      '60, 120',
      '٦٠',
      '',
      'soon',
      'tomorrow',
      '2050-01-01',
      '2050-01-01T00:00:00Z',
      '01/02/2050',
      'Nov 23 2050',
      'Mon, 23 Nov 2050 12:02:00',
      'Mon, 23 Nov 2050 12:02:00 UTC',
      'Mon, 23 Nov 2050 12:02:00 +0000',
      'Mon, 23 Nov 2050 12:02 GMT',
      'mon, 23 nov 2050 12:02:00 gmt',
      'Mon, 3 Nov 2050 12:02:00 GMT',
      'Mon, 23 November 2050 12:02:00 GMT',
      'Mon,  23 Nov 2050 12:02:00 GMT',
      '23 Nov 2050 12:02:00 GMT',
      'Xyz, 23 Nov 2050 12:02:00 GMT',
      'Mon, 30 Feb 2050 12:00:00 GMT',
      'Mon, 00 Nov 2050 12:00:00 GMT',
      'Mon, 32 Dec 2050 12:00:00 GMT',
      'Mon, 23 Nov 2050 24:00:00 GMT',
      'Mon, 23 Nov 2050 12:60:00 GMT',
      'Monday, 23 Nov 2050 12:02:00 GMT',
      'Mon, 23-Nov-50 12:02:00 GMT',
      'Monday, 23-Nov-2050 12:02:00 GMT',
      'Mon Nov 23 12:02:00 2050 GMT',
      'Tue Dec 1 12:00:00 2050',
      'Tue Dec 01 12:00:00 2050 ',
    ].map((value) => [value] as const),
  )('ignores "%s"', (value) => {
    expect(parseRetryAfter(value, NOW)).toBe(0)
  })

  it('ignores whatever is no number of seconds and no date', () => {
    const almost = fc
      .tuple(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.nat(2),
        fc.nat(40),
        fc.string({ maxLength: 2 }),
      )
      .map(([seconds, form, place, inserted]) => {
        const text = writeForms(NOW + seconds * 1000)[form] ?? ''
        return [text, text.slice(0, place) + inserted + text.slice(place + 1)] as const
      })
      // Another digit at the same place may make another date.
      .filter(([text, changed]) => withoutDigits(changed) !== withoutDigits(text))
      .filter(([, changed]) => !/^\d+$/.test(changed))
    const anything = fc.string().filter((text) => !/^\d+$/.test(text))
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          almost.map(([, changed]) => changed),
        ),
        (value) => {
          expect([value, parseRetryAfter(value, NOW)]).toEqual([value, 0])
        },
      ),
      { numRuns: 2000 },
    )
  })
})
