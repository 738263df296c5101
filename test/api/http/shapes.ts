// The shapes that every route's answers are held against.
import { expect } from 'vitest'
import type { Answered } from '../../world.ts'

/** An id as the service makes it. */
export const uuid = expect.stringMatching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
)

/** RFC 3339, UTC, whole seconds. */
export const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

/** What an error consists of, and in what order its members stand; the code must be this one. */
export function expectProblem({ status, body }: Answered, code: string): void {
  const isInput = status === 400
  expect(Object.keys(body)).toEqual(['error', 'code', ...(isInput ? ['issues'] : []), 'request_id'])
  expect(body).toMatchObject({
    error: expect.stringMatching(/^\S.*\S$/),
    code,
    request_id: expect.stringMatching(/\S/),
  })
}

/** The paths of a 400's issues, each of which has a message. */
export function issuePaths({ status, body }: Answered): string[] {
  expect(status).toBe(400)
  for (const { message } of body.issues) expect(message).toMatch(/\S/)
  return body.issues.map(({ path }: { path: string }) => path)
}
