// The local secrets in .dev.vars: made when absent, completed when one is missing or was made too short, never changed else.
import { randomBytes } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'

const GENERATORS: Record<string, () => string> = {
  ADMIN_TOKEN: () => randomBytes(32).toString('base64url'),
  API_KEY_PEPPER: () => randomBytes(32).toString('hex'),
  SECRETS_KEYS: () => `local:${randomBytes(32).toString('base64')}`,
  ALLOW_HTTP_ENDPOINTS: () => 'true',
}

/** What was made here before the Worker asked for more. The last value of a name is the one that counts. */
const MADE_TOO_SHORT: Partial<Record<string, RegExp>> = { ADMIN_TOKEN: /^[\w-]{32}$/ }

/**
 * Makes sure that the file at `path` names every local secret and answers all that it names. A new file
 * is readable by its owner only (0600); an empty value counts as missing.
 */
export async function ensureDevVars(path: string): Promise<Record<string, string | undefined>> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const given = parseEnv(text)
  const missing = Object.entries(GENERATORS).filter(
    ([name]) => !given[name] || MADE_TOO_SHORT[name]?.test(given[name]),
  )
  const added = missing.map(([name, generate]) => `${name}="${generate()}"\n`).join('')
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  if (added !== '') await appendFile(path, separator + added, { mode: 0o600 })
  return parseEnv(text + separator + added)
}
