// Brings the local databases up to date.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DATABASE_FOLDER, findDatabaseFiles, readDatabases } from './databases.ts'
import { StartError } from './flags.ts'
import { startWrangler, type Wrangler } from './wrangler.ts'

/** Lies beside the databases, and so goes where they go: what they were last brought up to. */
const MARK = 'migrated'

/**
 * Applies the migrations to each database in `state`, unless a start before this one did, and nothing has changed
 * since: to ask wrangler costs as long as the whole start. `onStart` gets the wrangler that does it, for whoever may
 * have to stop it.
 * @throws {StartError} with what wrangler said.
 */
export async function migrate(state: string, onStart: (wrangler: Wrangler) => void): Promise<void> {
  const mark = join(state, DATABASE_FOLDER, MARK)
  const wanted = fingerprint()
  const isDone = existsSync(mark) && readFileSync(mark, 'utf8') === wanted
  if (isDone && findDatabaseFiles(state).length >= readDatabases().length) return
  for (const name of readDatabases()) await apply(name, state, onStart)
  writeFileSync(mark, wanted)
}

async function apply(
  name: string,
  state: string,
  onStart: (wrangler: Wrangler) => void,
): Promise<void> {
  const lines: string[] = []
  const wrangler = startWrangler(
    ['d1', 'migrations', 'apply', name, '--local', '--persist-to', state],
    (line) => lines.push(line),
  )
  onStart(wrangler)
  const code = await wrangler.exited
  if (code !== 0) throw new StartError(`The migrations of ${name} failed:\n${lines.join('\n')}`)
}

/** Of all that says which databases there are, and what is in them. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync('wrangler.toml'))
  for (const file of readdirSync('migrations').toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(join('migrations', file)))
  }
  return hash.digest('hex')
}
