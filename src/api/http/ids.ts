// Ids as requests and answers have them, each thing's with an example of its own.
import { z } from '@hono/zod-openapi'

/** A UUID of any version, in lower case from here on. */
export const Id = z.guid('must be a UUID').toLowerCase().openapi({ format: 'uuid' })

/** An organization's. */
export const OrgId = Id.openapi({ example: '019a2f6e-0a10-7d4e-9a53-2b8f6c0d4a11' })

/** An API key's. */
export const ApiKeyId = Id.openapi({ example: '019a2f6e-1b20-7d4e-9a53-2b8f6c0d5b22' })

/** An endpoint's. */
export const EndpointId = Id.openapi({ example: '019a2f6e-2c30-7d4e-9a53-2b8f6c0d6c33' })

/** An event's. */
export const EventId = Id.openapi({ example: '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000' })

/** A delivery's. */
export const DeliveryId = Id.openapi({ example: '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001' })

/** A replay's. */
export const ReplayId = Id.openapi({ example: '019a2f6f-3d40-7d4e-9a53-2b8f6c0d7d44' })

/** A call's, which its producer gave it. */
export const CallId = Id.openapi({ example: '61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59' })

/** A path with one id, which is of a thing. */
export function idParams(id: typeof Id, thing: string) {
  const description = `The ${thing}’s id.`
  return z.object({ id: id.openapi({ param: { name: 'id', in: 'path' }, description }) })
}
