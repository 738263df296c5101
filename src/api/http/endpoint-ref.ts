// Which endpoint a path names: by its id, or by the external id that its customer gave it.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { EXTERNAL_ID, MAX_EXTERNAL_ID } from '../../account/schema.ts'
import { findEndpointId } from '../../db/account/endpoints.ts'
import { isUuid } from '../../db/ids.ts'
import { dataOf, type ApiEnv } from './context.ts'

/** An id that no endpoint has. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

const HINT = 'must be an endpoint’s id or its external_id'

/** A path with an endpoint; a UUID in lower case from here on, an external id as it is. */
export const OneEndpoint = z.object({
  id: z
    .string()
    .regex(EXTERNAL_ID, HINT)
    .max(MAX_EXTERNAL_ID, HINT)
    .transform((ref) => (isUuid(ref.toLowerCase()) ? ref.toLowerCase() : ref))
    .openapi({
      param: { name: 'id', in: 'path' },
      type: 'string',
      pattern: EXTERNAL_ID.source,
      maxLength: MAX_EXTERNAL_ID,
      description: 'The endpoint’s id, or its `external_id`.',
      example: '019a2f6e-2c30-7d4e-9a53-2b8f6c0d6c33',
    }),
})

/**
 * The id of the endpoint that a path names. An id is not asked for; an external id is, and where nobody has it the
 * route goes on with an id that nobody has, so that what it answered once it answers again.
 */
export async function endpointIdOf(c: Context<ApiEnv>, { id }: { id: string }): Promise<string> {
  if (isUuid(id)) return id
  return (await findEndpointId(dataOf(c), c.get('orgId'), id)) ?? NOBODY
}
