// What a deployment asks of the Worker itself: whether it is well, and for the first organization's key.
import { z } from 'zod'
import { CommandError } from '../provider/error.ts'

/** A name under workers.dev may take a minute or two to be known everywhere, in ms. */
const PATIENCE_MS = 180_000
const PAUSE_MS = 3000
const LONGEST_REQUEST_MS = 20_000

/** What the two are called; they can be told apart by it, and no Idempotency-Key has a space. */
const ORG_NAME = 'First organization'
const KEY_NAME = 'First key'

const Orgs = z.object({ data: z.array(z.object({ id: z.string() })) })
const Org = z.object({ id: z.string() })
const Key = z.object({ key: z.string() })
const Health = z.object({ status: z.string() })

/** The Worker, at its URL; `wait` lets so many ms pass. */
export type Service = {
  url: string
  fetch: typeof fetch
  wait: (ms: number) => Promise<void>
}

/** Waits until /healthz answers that all is well. @throws CommandError with its last answer after three minutes. */
export async function waitUntilWell({ url, fetch, wait }: Service): Promise<void> {
  let last = ''
  for (let waited = 0; waited <= PATIENCE_MS; waited += PAUSE_MS) {
    const asked = Date.now()
    last = await askHealth(url, fetch)
    if (last === 'ok') return
    waited += Date.now() - asked
    await wait(PAUSE_MS)
  }
  throw new CommandError(
    `${url}/healthz does not answer "ok" but ${last}. A new name may take some minutes; npx wrangler tail shows what the Worker says.`,
  )
}

async function askHealth(url: string, fetch: Service['fetch']): Promise<string> {
  try {
    const response = await fetch(`${url}/healthz`, {
      signal: AbortSignal.timeout(LONGEST_REQUEST_MS),
    })
    const text = await response.text()
    const health = Health.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined)
    return health.success ? health.data.status : `${response.status}`
  } catch (error) {
    return String(error)
  }
}

/**
 * The key of the first organization; both are made at most once, however often this is repeated within a day.
 * @throws CommandError
 */
export async function makeFirstKey(service: Service, token: string): Promise<string> {
  const orgs = Orgs.parse(await ask(service, token, 'GET', '/admin/orgs'))
  const org = orgs.data[0] ?? Org.parse(await ask(service, token, 'POST', '/admin/orgs', ORG_NAME))
  const path = `/admin/orgs/${org.id}/api_keys`
  return Key.parse(await ask(service, token, 'POST', path, KEY_NAME)).key
}

async function ask(
  { url, fetch }: Service,
  token: string,
  method: string,
  path: string,
  name?: string,
): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(name && {
        'Content-Type': 'application/json',
        'Idempotency-Key': `deploy: ${name}`.replaceAll(/\W+/g, '-'),
      }),
    },
    ...(name && { body: JSON.stringify({ name }) }),
    signal: AbortSignal.timeout(LONGEST_REQUEST_MS),
  })
  if (response.ok) return response.json()
  if (response.status === 401) {
    throw new CommandError(
      'The Worker does not know this ADMIN_TOKEN: put the right one into the environment, or set a new one with npx wrangler secret put ADMIN_TOKEN.',
    )
  }
  throw new CommandError(`${method} ${path} answered ${response.status}: ${await response.text()}`)
}
