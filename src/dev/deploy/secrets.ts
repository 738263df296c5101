// The secrets of a deployment: made at full strength, and remembered on this machine until its first key was told.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { checkSecrets, SecretError } from '../../credentials/operator-secrets.ts'
import { parseKeys } from '../../credentials/vault-keys.ts'
import { CommandError } from '../provider/error.ts'
import type { Target } from '../provider/target.ts'

/** Readable by its owner only. */
const MODE = 0o600

const MAKERS: Record<string, () => string> = {
  ADMIN_TOKEN: () => randomBytes(32).toString('base64url'),
  API_KEY_PEPPER: () => randomBytes(32).toString('hex'),
  SECRETS_KEYS: () => `k1:${randomBytes(32).toString('base64')}`,
}

const Secrets = z.record(z.string(), z.string())

/** Secrets by their names. */
export type Secrets = z.infer<typeof Secrets>

/**
 * What this machine remembers of unfinished deployments, in a folder: the secrets of each Worker, so that a run after a
 * cut goes on with the same ones.
 */
function memoryFile(folder: string, { worker }: Target): string {
  return join(folder, `${worker}.json`)
}

/** What is remembered of an unfinished deployment. */
export function recall(folder: string, target: Target): Secrets | undefined {
  const file = memoryFile(folder, target)
  return existsSync(file) ? Secrets.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}

/** Forgets it: the deployment is whole. */
export function forget(folder: string, target: Target): void {
  rmSync(memoryFile(folder, target), { force: true })
}

/**
 * The secrets that are missing: what the environment gives, what was made before a cut, or new ones; remembered before
 * anybody else gets them. @throws CommandError for one that is given and will not do.
 */
export function makeSecrets(
  folder: string,
  target: Target,
  names: string[],
  given: Partial<Record<string, string>>,
): Secrets {
  if (names.length === 0) return {}
  const remembered = recall(folder, target) ?? {}
  const made = choose(names, given, remembered)
  const file = memoryFile(folder, target)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify({ ...remembered, ...made }), { mode: MODE })
  return made
}

/**
 * Looks at what the environment gives before anything is done. @throws CommandError for one that will not do, or that nobody can
 * make.
 */
export function checkGiven(names: string[], given: Partial<Record<string, string>>): void {
  choose(names, given, {})
}

function choose(
  names: string[],
  given: Partial<Record<string, string>>,
  remembered: Secrets,
): Secrets {
  const chosen = Object.fromEntries(
    names.map((name) => [name, given[name] || (remembered[name] ?? make(name))]),
  )
  check(chosen)
  return chosen
}

function make(name: string): string {
  const maker = MAKERS[name]
  if (maker) return maker()
  throw new CommandError(
    `Nobody knows how to make the secret ${name}: give it in the environment, ${name}=… npm run deploy.`,
  )
}

/** @throws CommandError naming the one that will not do, and nothing of what it is. */
function check(secrets: Secrets): void {
  try {
    // What is not among them is there already, and as good.
    checkSecrets({ API_KEY_PEPPER: make('API_KEY_PEPPER'), ...secrets })
    parseKeys(secrets['SECRETS_KEYS'] ?? make('SECRETS_KEYS'))
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    const name = error instanceof SecretError ? '' : 'SECRETS_KEYS: '
    throw new CommandError(
      `${name}${why}. Leave it out of the environment, and a good one is made.`,
      { cause: error },
    )
  }
}

/** Has `use` work with a file of the secrets that only this user can read, and that is gone afterwards. */
export async function withSecretsFile<Result>(
  secrets: Secrets,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
  const leave = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', leave)
  try {
    const file = join(folder, 'secrets.json')
    writeFileSync(file, JSON.stringify(secrets), { mode: MODE })
    return await use(file)
  } finally {
    leave()
    process.off('exit', leave)
  }
}
