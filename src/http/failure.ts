// The line that a failed request leaves in the log, whichever door it came to.
import type { AppError } from '../errors.ts'
import type { LogLine, World } from '../world.ts'

/** What is told of a request. The route stands for the path, which may hold whatever was pasted there. */
export type FailedRequest = {
  request_id: string
  method: string
  route: string
  org_id: string | undefined
  key_id: string | undefined
}

/** One line a failed request, its cause only where the fault is ours. */
export function logFailure(
  world: Pick<World, 'log'> | undefined,
  { status, code, cause }: AppError,
  request: FailedRequest,
): void {
  const isOurs = status >= 500
  const line: LogLine = {
    event: 'request_failed',
    level: isOurs ? 'error' : 'info',
    status,
    code,
    ...request,
    ...(isOurs && { cause: describeCause(cause) }),
  }
  // A service that is misconfigured has no world.
  if (world) world.log(line)
  else console.log(JSON.stringify(line))
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
