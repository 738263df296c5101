// Brings the local databases up to date.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  const isNew = findDatabaseFiles(state).length === 0
  for (const name of readDatabases()) await apply(name, state, isNew, onStart)
  writeFileSync(mark, wanted)
}

// Wrangler starts a database anew for each migration: a new one is made of all of them at once.
async function apply(
  name: string,
  state: string,
  isNew: boolean,
  onStart: (wrangler: Wrangler) => void,
): Promise<void> {
  const lines: string[] = []
  const args = isNew
    ? ['d1', 'execute', name, '--yes', '--file', writeAll(state)]
    : ['d1', 'migrations', 'apply', name]
  const wrangler = startWrangler([...args, '--local', '--persist-to', state], (line) =>
    lines.push(line),
  )
  onStart(wrangler)
  const code = await wrangler.exited
  if (code !== 0) throw new StartError(`The migrations of ${name} failed:\n${lines.join('\n')}`)
}

/** A file of all migrations, noted as wrangler notes what it has applied. */
function writeAll(state: string): string {
  const path = join(state, 'migrations.sql')
  const files = readdirSync('migrations').filter((file) => file.endsWith('.sql'))
  const parts = files
    .toSorted()
    .map((file) => `${readFileSync(join('migrations', file), 'utf8')}\n${noted(file)}`)
  mkdirSync(state, { recursive: true })
  writeFileSync(path, [APPLIED, ...parts].join('\n'))
  return path
}

/** Wrangler's own table of what it has applied. */
const APPLIED = `CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);`

function noted(file: string): string {
  return `INSERT INTO d1_migrations (name) VALUES ('${file}');`
}

/** Of all that says which databases there are, and what is in them. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync('wrangler.toml'))
  for (const file of readdirSync('migrations').toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(join('migrations', file)))
  }
  return hash.digest('hex')
}
