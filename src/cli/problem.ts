// What the service answers when it does not do what it is asked, and what others answer in its place.
import { z } from 'zod'
import { CommandError, type EXIT } from './exit.ts'

/** Why something is refused. */
export const Problem = z.looseObject({
  error: z.string(),
  code: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

/** A refusal of what is asked at `url`, by its kind; a website or a proxy refuses in other words. */
export function refusal({ status, headers }: Response, text: string, url: string): CommandError {
  const problem = Problem.safeParse(toJson(text))
  const kind = kindOf(status)
  const [, waitS] = /^(\d{1,9})$/.exec(headers.get('Retry-After') ?? '') ?? []
  const waitMs = waitS === undefined ? undefined : Number(waitS) * 1000
  if (!problem.success) {
    if (kind !== 'unavailable') return stranger(url, ` (HTTP ${status})`)
    return new CommandError(kind, `${url} answers HTTP ${status}.`, waitMs)
  }
  const after = waitS === undefined ? [] : [`  again in ${waitS} s`]
  return new CommandError(kind, [describeProblem(problem.data), ...after].join('\n'), waitMs)
}

/** What is asked at `url` is asked elsewhere now. Going there by itself would make a GET of a POST. */
export function moved({ headers }: Response, url: string): CommandError {
  const to = headers.get('Location') ?? ''
  const { protocol, origin } = new URL(URL.canParse(to, url) ? to : url, url)
  if (origin === url || !/^https?:$/.test(protocol)) return stranger(url)
  return new CommandError(
    'failed',
    `${url} has moved to ${origin}: use that address, in login --url or CALLINGBOX_URL.`,
  )
}

/** What is at `url` does not speak as the service does. */
export function stranger(url: string, how = ''): CommandError {
  return new CommandError('failed', `${url} answers something else${how}: is it this service?`)
}

/** The sentence, and a line for each of several things that are wrong. */
export function describeProblem({ error, issues = [] }: z.infer<typeof Problem>): string {
  const said = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return [error, ...said.filter((line) => line !== error).map((line) => `  ${line}`)].join('\n')
}

/** What is no JSON stays a text, which is none of the service's answers. */
export function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function kindOf(status: number): keyof typeof EXIT {
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404) return 'notFound'
  return status === 429 || status >= 500 ? 'unavailable' : 'refused'
}
