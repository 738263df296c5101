// Whom the commands speak for: a service's address and a key, kept in the user's own config folder.
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { CommandError } from './exit.ts'

const Kept = z.object({ url: z.string(), key: z.string() })

/** The service's origin, and an API key of one org. */
export type Account = z.infer<typeof Kept>

type Environment = Record<string, string | undefined>

/** Where the account is kept. */
function accountFile(env: Environment, platform: string = process.platform): string {
  const home = homedir()
  const folders: Record<string, string> = {
    darwin: join(home, 'Library', 'Application Support'),
    win32: env['APPDATA'] ?? join(home, 'AppData', 'Roaming'),
  }
  const folder = env['XDG_CONFIG_HOME'] || folders[platform] || join(home, '.config')
  return join(folder, 'callingbox-webhooks', 'account.json')
}

/**
 * The account that CALLINGBOX_URL and CALLINGBOX_API_KEY name, or that `login` has kept.
 * @throws CommandError when there is none, it cannot be one, or its file cannot be read.
 */
export async function readAccount(env: Environment): Promise<Account> {
  const kept = await readKept(accountFile(env))
  // A variable that is empty is one that was forgotten.
  const named = env['CALLINGBOX_URL']?.trim()
  const url = named ? toOrigin(named, 'CALLINGBOX_URL') : kept?.url
  const given = env['CALLINGBOX_API_KEY']?.trim()
  // A key that was kept goes nowhere but where it was kept for.
  const keptKey = url === kept?.url ? kept?.key : undefined
  const key = given ? toKey(given, 'CALLINGBOX_API_KEY') : keptKey
  if (url !== undefined && key !== undefined) return { url, key }
  throw new CommandError(
    'unauthorized',
    'Sign in first: callingbox-webhooks login --url https://…, or set CALLINGBOX_URL and CALLINGBOX_API_KEY.',
  )
}

/** The origin of an address. @throws CommandError that does not repeat it: a password may stand in it. */
export function toOrigin(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandError('usage', `${name} is no address such as https://hooks.example.com.`)
  }
  if (url.username === '' && url.password === '') return url.origin
  throw new CommandError(
    'usage',
    `${name} has a user name or a password, which the service does not take: leave it out.`,
  )
}

/** A key as it goes into a header. @throws CommandError that does not repeat it. */
export function toKey(text: string, name: string): string {
  const key = text.trim()
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CommandError(
    'usage',
    `${name} is no API key: one has no spaces, and none but ASCII characters. Copy the whole of it.`,
  )
}

/** Keeps an account where only this user can read it, at no time otherwise; whole, or as it was before. */
export async function keepAccount(env: Environment, account: Account): Promise<string> {
  const file = accountFile(env)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // One that was there keeps its mode.
  await chmod(dirname(file), 0o700)
  const beside = `${file}.${randomUUID()}`
  try {
    const text = `${JSON.stringify(account, null, 2)}\n`
    await writeFile(beside, text, { flag: 'wx', mode: 0o600, flush: true })
    await rename(beside, file)
  } finally {
    await rm(beside, { force: true })
  }
  return file
}

/** Forgets it. */
export async function forgetAccount(env: Environment): Promise<void> {
  await rm(accountFile(env), { force: true })
}

async function readKept(file: string): Promise<Account | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const { url, key } = Kept.parse(JSON.parse(text))
    return { url: toOrigin(url, file), key: toKey(key, file) }
  } catch {
    throw new CommandError('failed', `${file} cannot be read: delete it, and sign in again.`)
  }
}
