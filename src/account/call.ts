// A call as every door takes it: checked as far as it is read here, and passed on as it was sent.
import { z } from 'zod'
import { invalidRequest } from '../errors.ts'
import { compact, listInside, type Inside } from '../json/json-parts.ts'
import { readJson, StrictJsonError, strictly, tooDeep } from '../json/strict-json.ts'

/**
 * Containers inside containers of a call, itself included. The body that a consumer gets is two levels
 * deeper, and PHP reads 512; SQLite, which stores the call, 1,000.
 */
export const MAX_CALL_DEPTH = 500

/** What every call is known by. */
export const CallId = z.guid('must be a UUID')

/** The members of a call that are read here; each must be there once, to have one meaning. */
const READ_MEMBERS = ['id', 'webhook_url']

/** A call by its id: the JSON text that is passed on. */
export type CheckedCall = { id: string; text: string }

/**
 * The call's members; whatever the grammar allows is passed on, but for what has two meanings here.
 * @throws StrictJsonError, its path from `call` on.
 */
export function listMembers({ text, depth }: Inside): Inside[] {
  if (depth > MAX_CALL_DEPTH) throw tooDeep('call', MAX_CALL_DEPTH, ['call'])
  const members = listInside(text)
  for (const name of READ_MEMBERS) {
    const named = members.filter(({ step }) => step === name)
    if (named.length <= 1) continue
    throw new StrictJsonError('The member appears twice: send it once.', ['call', name])
  }
  return members
}

/**
 * A call that somebody has typed, by the rules that the API has for it.
 * @throws AppError `invalid_json`, `invalid_request`, their sentence saying where.
 */
export function readTypedCall(typed: string): CheckedCall {
  return strictly(() => {
    const { value, text } = readJson(new TextEncoder().encode(typed), 'payload')
    const [whole] = listInside(`[${text}]`)
    if (whole) listMembers(whole)
    const parsed = z.looseObject({ id: CallId }, 'must be an object').safeParse(value)
    if (parsed.success) return { id: parsed.data.id, text: compact(text) }
    const issues = parsed.error.issues.map(({ path, message }) => ({
      path: ['call', ...path].join('.'),
      message,
    }))
    throw invalidRequest(issues)
  })
}
