// Retry-After, read as RFC 9110 has it and in no other way.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = `(?<month>${MONTHS.join('|')})`
const TIME = String.raw`(?<time>(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))`

/** The three forms of an HTTP date. Source: RFC 9110, section 5.6.7; names are case-sensitive. */
const DATE_FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  String.raw`(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT`,
  // Sun Nov  6 08:49:37 1994
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>\d\d| \d) ${TIME} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`))

/** A date with a year of two digits is in the past rather than so many years ahead. */
const MAX_YEARS_AHEAD = 50

/**
 * How many ms from `now` (Unix ms) a Retry-After asks to wait; 0 when that is over, or when it is neither
 * whole seconds nor an HTTP date. Source: RFC 9110, section 10.2.3.
 */
export function parseRetryAfter(value: string, now: number): number {
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = parseDate(value, now)
  return at === undefined ? 0 : Math.max(0, at - now)
}

/** The instant in Unix ms; undefined for what is no date, or one that no calendar has. */
function parseDate(value: string, now: number): number | undefined {
  const groups = DATE_FORMS.map((form) => form.exec(value)?.groups).find(Boolean)
  if (!groups) return undefined
  const { day = '', month = '', year = '', time = '' } = groups
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  const fullYear = year.length === 2 ? expandYear(Number(year), now) : Number(year)
  const midnight = Date.UTC(fullYear, MONTHS.indexOf(month), Number(day))
  // 30 Feb would pass for 2 Mar.
  if (new Date(midnight).getUTCDate() !== Number(day)) return undefined
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000
}

function expandYear(year: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear()
  const inThisCentury = thisYear - (thisYear % 100) + year
  return inThisCentury > thisYear + MAX_YEARS_AHEAD ? inThisCentury - 100 : inThisCentury
}
