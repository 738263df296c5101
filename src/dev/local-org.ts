// The org "Local", its key and its endpoint "Demo receiver": made on the first start, kept in a file.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { StartError } from './flags.ts'

const savedOrg = z.object({
  orgId: z.string(),
  key: z.string(),
  endpointId: z.string().optional(),
  secrets: z.array(z.string()),
  /** The endpoint was disabled by a start without a receiver, and not by a person. */
  isAtRest: z.boolean().optional(),
})

const ENDPOINTS = '/v1/webhook_endpoints'

const created = z.object({ id: z.string() })
const createdKey = z.object({ key: z.string() })
const shownSecret = z.object({ signing_secret: z.string() })
const endpoint = z.object({ id: z.string(), url: z.string(), status: z.string() })

/** The org as the file keeps it: the key is hashed in the database, so this is its only copy. */
export type LocalOrg = z.infer<typeof savedOrg>

/** Where to find the API, the token that opens /admin, and the file, beside the database. */
export type LocalApi = { url: string; adminToken: string; file: string }

/**
 * Answers the org of the last start when its key still opens the API; a new key when only that is
 * gone; a new org when the database was wiped. `secrets` always holds the org's default secret.
 */
export async function ensureLocalOrg(api: LocalApi): Promise<LocalOrg> {
  const saved = await readSaved(api.file)
  const savedSecret = saved && (await findDefaultSecret(api, saved.orgId))
  if (saved && savedSecret) {
    const key = (await isKeyAccepted(api, saved.key))
      ? saved.key
      : await createKey(api, saved.orgId)
    return save(api, { ...saved, key, secrets: merge(saved.secrets, savedSecret) })
  }
  const org = created.parse(await callAdmin(api, 'POST', '/admin/orgs', { name: 'Local' }))
  const secret = await findDefaultSecret(api, org.id)
  const key = await createKey(api, org.id)
  return save(api, { orgId: org.id, key, secrets: secret ? [secret] : [] })
}

/** Makes sure that the endpoint "Demo receiver" exists, points at `receiverUrl`, and is not at rest. */
export async function ensureDemoEndpoint(
  api: LocalApi,
  org: LocalOrg,
  receiverUrl: string,
): Promise<LocalOrg> {
  const found = await findDemoEndpoint(api, org)
  if (found) {
    if (found.url !== receiverUrl) await change(api, org, found, { url: receiverUrl })
    if (!org.isAtRest) return org
    await change(api, org, found, { status: 'enabled' })
    return save(api, { ...org, isAtRest: false })
  }
  const demo = endpoint.extend(shownSecret.shape).parse(
    await call(api, org.key, 'POST', ENDPOINTS, {
      url: receiverUrl,
      description: 'Demo receiver',
      enabled_events: ['*'],
    }),
  )
  const secrets = merge(org.secrets, demo.signing_secret)
  return save(api, { ...org, endpointId: demo.id, secrets, isAtRest: false })
}

/** Disables it where there is no receiver: until there is one again, all that is sent to it would fail. */
export async function restDemoEndpoint(api: LocalApi, org: LocalOrg): Promise<void> {
  const found = await findDemoEndpoint(api, org)
  if (found?.status !== 'enabled') return
  // Noted first: a start that is cut off in between must not leave it disabled for good.
  await save(api, { ...org, isAtRest: true })
  await change(api, org, found, { status: 'disabled' })
}

type Endpoint = z.infer<typeof endpoint>

async function findDemoEndpoint(api: LocalApi, org: LocalOrg): Promise<Endpoint | undefined> {
  if (org.endpointId === undefined) return undefined
  const response = await request(api, org.key, 'GET', `${ENDPOINTS}/${org.endpointId}`)
  return response.ok ? endpoint.parse(await response.json()) : undefined
}

function change(api: LocalApi, { key }: LocalOrg, { id }: Endpoint, to: object): Promise<unknown> {
  return call(api, key, 'PATCH', `${ENDPOINTS}/${id}`, to)
}

/** Remembers one more secret that the receiver accepts. */
export async function rememberSecret(api: LocalApi, secret: string): Promise<void> {
  const saved = await readSaved(api.file)
  if (saved) await save(api, { ...saved, secrets: merge(saved.secrets, secret) })
}

async function readSaved(file: string): Promise<LocalOrg | undefined> {
  try {
    return savedOrg.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Absent on the first start; a damaged one is as good as none.
    return undefined
  }
}

async function findDefaultSecret(api: LocalApi, orgId: string): Promise<string | undefined> {
  const path = `/admin/orgs/${orgId}/default_secret`
  const response = await request(api, api.adminToken, 'GET', path)
  return response.ok ? shownSecret.parse(await response.json()).signing_secret : undefined
}

async function isKeyAccepted(api: LocalApi, key: string): Promise<boolean> {
  return (await request(api, key, 'GET', ENDPOINTS)).ok
}

async function createKey(api: LocalApi, orgId: string): Promise<string> {
  const answer = await callAdmin(api, 'POST', `/admin/orgs/${orgId}/api_keys`, { name: 'Local' })
  return createdKey.parse(answer).key
}

async function save(api: LocalApi, org: LocalOrg): Promise<LocalOrg> {
  await mkdir(dirname(api.file), { recursive: true })
  await writeFile(api.file, `${JSON.stringify(org, null, 2)}\n`, { mode: 0o600 })
  return org
}

function merge(secrets: string[], secret: string): string[] {
  return [...new Set([...secrets, secret])]
}

function callAdmin(api: LocalApi, method: string, path: string, body: object): Promise<unknown> {
  return call(api, api.adminToken, method, path, body)
}

async function call(
  api: LocalApi,
  token: string,
  method: string,
  path: string,
  body: object,
): Promise<unknown> {
  const response = await request(api, token, method, path, body)
  if (response.ok) return response.json()
  throw new StartError(`${method} ${path} answered ${response.status}: ${await response.text()}`)
}

function request(
  api: LocalApi,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<Response> {
  return fetch(api.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
}
