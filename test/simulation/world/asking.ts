// How a client asks: as whom, with which key, and what it takes for the answer.
import type { Actor as Person } from '../../../src/db/audit.ts'
import type { Idempotency, Once } from '../../../src/db/idempotency.ts'
import type { World as EngineWorld } from '../../../src/world.ts'
import type { ClientCall } from './history.ts'
import { ORG, type World } from './world.ts'

/** Who acts, as the audit log names it. */
export const PERSON: Person = { orgId: ORG, name: 'simulation', ip: null, requestId: '' }

/** The host that the service is called by. */
export const HOST = 'webhooks.example'

/** Does what a call asks, by the functions that the routes call. */
export type Act = (engine: EngineWorld, call: ClientCall, world: World) => Promise<unknown>

/** What was answered, whether now or when it was asked first. */
export async function answerOf<Answer>(once: Promise<Once<Answer>>): Promise<Answer> {
  return (await once).answer
}

/** The Idempotency-Key of a call that has one, as an option of what it asks. */
export function withKeyOf(call: ClientCall): { idempotency: Idempotency | undefined } {
  return { idempotency: idempotencyOf(call) }
}

/** The same by itself. */
export function idempotencyOf({ key, action, input }: ClientCall): Idempotency | undefined {
  if (key === undefined) return undefined
  return { scope: ORG, key, requestHash: `${action} ${JSON.stringify(input)}` }
}
