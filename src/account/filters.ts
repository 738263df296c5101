// A filter as it is sent or typed: checked, and kept as it was written, since its numbers may have any digits.
import { findFlaws, LIMITS } from '../filter/flaws.ts'
import { invalidRequest } from '../errors.ts'
import { compact } from '../json/json-parts.ts'
import { readJson, refuseFlaws, strictly } from '../json/strict-json.ts'

/**
 * The text to store of a filter, JSON on one line.
 * @throws AppError `invalid_json`, `invalid_request` that names the place from `filter` on.
 */
export function toStoredFilter(text: string): string {
  const { value } = strictly(() => {
    const read = readJson(new TextEncoder().encode(text), 'filter')
    refuseFlaws(text)
    return read
  })
  const stored = compact(text)
  const flaws = findFlaws(value)
  // Digits beyond those that a double has count, too.
  const isLong = new TextEncoder().encode(stored).length > LIMITS.bytes
  const all = isLong ? [...flaws, TOO_LONG] : flaws
  if (all.length === 0) return stored
  throw invalidRequest(
    all.map(({ path, message }) => ({ path: ['filter', ...path].join('.'), message })),
  )
}

const TOO_LONG = { path: [], message: `must have at most ${LIMITS.bytes} bytes` }
