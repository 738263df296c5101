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
})

const created = z.object({ id: z.string() })
const createdKey = z.object({ key: z.string() })
const shownSecret = z.object({ signing_secret: z.string() })
const endpoint = z.object({ id: z.string(), url: z.string() })

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

/** Makes sure that the endpoint "Demo receiver" exists and points at `receiverUrl`. */
export async function ensureDemoEndpoint(
  api: LocalApi,
  org: LocalOrg,
  receiverUrl: string,
): Promise<LocalOrg> {
  const path = `/v1/webhook_endpoints/${org.endpointId}`
  const response = org.endpointId && (await request(api, org.key, 'GET', path))
  if (response && response.ok) {
    const { url } = endpoint.parse(await response.json())
    if (url !== receiverUrl) await call(api, org.key, 'PATCH', path, { url: receiverUrl })
    return org
  }
  const demo = endpoint.extend(shownSecret.shape).parse(
    await call(api, org.key, 'POST', '/v1/webhook_endpoints', {
      url: receiverUrl,
      description: 'Demo receiver',
      enabled_events: ['*'],
    }),
  )
  const secrets = merge(org.secrets, demo.signing_secret)
  return save(api, { ...org, endpointId: demo.id, secrets })
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
  return (await request(api, key, 'GET', '/v1/webhook_endpoints')).ok
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
