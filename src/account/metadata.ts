// Metadata that somebody has typed, as JSON, by the rules that the API has for it.
import { invalidRequest } from '../errors.ts'
import { readJson, refuseFlaws, strictly } from '../json/strict-json.ts'
import { EndpointMetadata, type Metadata } from './schema.ts'

/** Nothing typed is none. @throws AppError `invalid_json`, `invalid_request`, their issues from `metadata` on. */
export function readTypedMetadata(typed: string): Metadata | null {
  if (typed.trim() === '') return null
  const value = strictly(() => {
    const read = readJson(new TextEncoder().encode(typed), 'metadata')
    refuseFlaws(read.text)
    return read.value
  })
  const { data, error } = EndpointMetadata.safeParse(value)
  if (data !== undefined) return data
  throw invalidRequest(
    error.issues.map(({ path, message }) => ({ path: ['metadata', ...path].join('.'), message })),
  )
}
