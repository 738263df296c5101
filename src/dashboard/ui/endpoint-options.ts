// The endpoints that a filter can name: those there are, and the one that it names though it was deleted.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { nameOf } from './parts.tsx'

/** One of a list to choose from. */
export type Option = { value: string; text: string }

/** An endpoint that is gone stays chosen, or the list would be narrowed by something that nobody sees. */
export function endpointOptions(endpoints: Endpoint[], chosen: string): Option[] {
  const options = endpoints.map((one) => ({
    value: one.id,
    text: one.status === 'disabled' ? `${nameOf(one)} (disabled)` : nameOf(one),
  }))
  if (chosen === '' || endpoints.some(({ id }) => id === chosen)) return options
  return [...options, { value: chosen, text: `Endpoint …${chosen.slice(-12)} (deleted)` }]
}
