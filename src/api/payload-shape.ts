// What events and deliveries say of a payload that was deleted.
import { z } from '@hono/zod-openapi'
import { presentInstant } from './http/schema.ts'

/** When the payload was deleted, of what has none any more. */
export const PayloadDeletedAt = z.string().optional().openapi({
  format: 'date-time',
  description:
    'When the payload was deleted: nothing is left that could be sent again. Absent: it is there.',
})

/** The member that says so, and none where it is there. */
export function presentForgotten({ payloadDeletedAt }: { payloadDeletedAt?: number | null }) {
  if (payloadDeletedAt === undefined || payloadDeletedAt === null) return {}
  return { payload_deleted_at: presentInstant(payloadDeletedAt) }
}
