// The token that a form brings along: however often it is sent, it acts once.
import type { Idempotency } from '../db/idempotency.ts'
import { readId, type PageContext } from './context.ts'

/** The token of a form that was sent or of an address, or a new one. */
export function tokenOf(fields: URLSearchParams): string {
  return readId(fields.get('token') ?? undefined) ?? crypto.randomUUID()
}

/**
 * What makes an act happen once for a form; undefined for one without a token. `act` tells several acts of one form
 * apart, and `asked` is what a repetition must ask as well, where its fields may be another time's.
 */
export function onceFor(
  c: PageContext,
  fields: URLSearchParams,
  { act = '', asked = '' }: { act?: string; asked?: string } = {},
): Idempotency | undefined {
  const token = readId(fields.get('token') ?? undefined)
  if (token === undefined) return undefined
  const key = `dashboard-${token}${act === '' ? '' : `-${act}`}`
  return { scope: c.get('session').orgId, key, requestHash: asked }
}
