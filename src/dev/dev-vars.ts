// The local secrets in .dev.vars: made when absent, completed when one is missing, never changed.
import { randomBytes } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'

const GENERATORS: Record<string, () => string> = {
  ADMIN_TOKEN: () => randomBytes(24).toString('base64url'),
  API_KEY_PEPPER: () => randomBytes(32).toString('hex'),
  SECRETS_KEYS: () => `local:${randomBytes(32).toString('base64')}`,
  ALLOW_HTTP_ENDPOINTS: () => 'true',
}

/**
 * Makes sure that the file at `path` names every local secret and answers the ADMIN_TOKEN. A new file
 * is readable by its owner only (0600); an empty value counts as missing.
 */
export async function ensureDevVars(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const missing = Object.entries(GENERATORS).filter(([name]) => !parseEnv(text)[name])
  const added = missing.map(([name, generate]) => `${name}="${generate()}"\n`).join('')
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  if (added !== '') await appendFile(path, separator + added, { mode: 0o600 })
  return parseEnv(text + separator + added)['ADMIN_TOKEN'] ?? ''
}
