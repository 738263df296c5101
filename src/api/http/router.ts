// A router whose refusals have the documented error shape.
import { OpenAPIHono } from '@hono/zod-openapi'
import { invalidRequest } from '../../errors.ts'
import type { ApiEnv } from './context.ts'
import { toIssues } from './problem.ts'

/** A router of the API. */
export type Router = OpenAPIHono<ApiEnv>

/** Makes a router; what a schema refuses becomes an AppError `invalid_request` with its issues. */
export function createRouter(): Router {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return
      // The validator hands over what it has judged, whether it is valid or not, as its types do not tell.
      const { data } = result as { data?: unknown }
      throw invalidRequest(toIssues(result.error, data))
    },
  })
}
