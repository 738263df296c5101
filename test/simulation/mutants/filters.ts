// Bugs in what an endpoint's filter lets through.
import { bend, without, type Mutant } from './mutant.ts'

const FILTERS = 'test/journeys/filters.test.ts'
const LANGUAGE = 'test/filter/filter.test.ts'
const MISSED = 'test/replay/missing-filtered.test.ts'

/** Mutants of this part. */
export const FILTER_MUTANTS: Mutant[] = [
  without('holding what is stored to the filters that there are', FILTERS, [
    'db/lifecycle/accept.ts',
    ' AND NOT ${isUnjudged(orgId, fit)}',
    '',
  ]),
  bend('an event goes by filters that are over', 'D7', [
    'db/lifecycle/accept.ts',
    ' AND NOT ${isUnjudged(orgId, fit)}',
    '',
  ]),
  without('keeping back what a filter does not let through', FILTERS, [
    'db/lifecycle/accept.ts',
    '${unmetOf(fit)} IS NULL',
    'true',
  ]),
  bend('a filter is asked for a test, too', FILTERS, [
    'delivery/fit.ts',
    'endpointId === undefined && callId',
    'callId',
  ]),
  bend('what is kept back is told of endpoints that are closed', FILTERS, [
    'db/lifecycle/accept.ts',
    "iif(ep.status = 'enabled' AND ${isSubscribed(sql`e.value->>'type'`)}, ${unmetOf(fit)}, NULL)",
    '${unmetOf(fit)}',
  ]),
  bend('a filter that does not read keeps everything back', FILTERS, [
    'filter/filter.ts',
    `    return readFilter(text)
  } catch {
    return undefined`,
    `    return readFilter(text)
  } catch {
    return readFilter('{"path":"-","exists":true}')`,
  ]),
  bend('a filter’s numbers are doubles', LANGUAGE, [
    'filter/filter.ts',
    'return new Big(one.digits).cmp(other.digits)',
    'return Math.sign(Number(one.digits) - Number(other.digits))',
  ]),
  bend('any is all', LANGUAGE, [
    'filter/filter.ts',
    'if (unmet.includes(undefined)) return undefined',
    'if (unmet.every((one) => one === undefined)) return undefined',
  ]),
  bend('a path leads into what all objects have', LANGUAGE, [
    'filter/filter.ts',
    'Object.getOwnPropertyDescriptor(value, step)',
    'Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value), step) ?? Object.getOwnPropertyDescriptor(value, step)',
  ]),
  without('asking the filter for what a replay makes of missed events', MISSED, [
    'delivery/replay/slice.ts',
    "if ('isFiltered' in found && found.isFiltered) return 'filtered'",
    '',
  ]),
  bend('what a step of a replay cannot read at once is sent unjudged', MISSED, [
    'delivery/replay/judge.ts',
    'return end === undefined ? { ...walked, missed } : cut({ ...walked, missed }, end)',
    'return { ...walked, missed: missed.filter((one) => end === undefined || one.id < end) }',
  ]),
]
