// What `npm run backup` does: writes each database to a file, as SQL.
import { chmodSync, createReadStream, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, type RunWrangler } from '../provider/run-wrangler.ts'
import { readTarget } from '../provider/target.ts'
import { readStatements, tableOf } from './statements.ts'

/** Where the backups of this machine lie, a folder each. */
const FOLDER = 'backups'

/** Which environment, and whether it is the local state; `at` is when, for the name of the folder. */
export type Wanted = { env: string; isLocal: boolean; at: Date }

/** The file of a database, by its binding, in a backup's folder. */
export function fileOf(folder: string, binding: string): string {
  return join(folder, `${binding}.sql`)
}

/** `--local` or `--remote`, and the environment. */
export function placeOf({ env, isLocal }: Pick<Wanted, 'env' | 'isLocal'>): string[] {
  return [isLocal ? '--local' : '--remote', '--env', env]
}

/** Writes a backup, for its owner's eyes only, and answers its folder. @throws CommandError */
export async function backUp(
  run: RunWrangler,
  say: (line: string) => void,
  wanted: Wanted,
): Promise<string> {
  const { databases, worker } = readTarget(wanted.env)
  const instant = wanted.at.toISOString().replaceAll(':', '').slice(0, 17)
  const folder = join(FOLDER, `${wanted.isLocal ? 'local' : worker}-${instant}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const { binding, name } of databases) {
    const file = fileOf(folder, binding)
    const args = ['d1', 'export', name, ...placeOf(wanted), '--output', file, '--skip-confirmation']
    await mustRun(run, args, `The database ${name} cannot be exported`)
    chmodSync(file, 0o600)
    const rows = [...(await countRows(file)).values()].reduce((sum, count) => sum + count, 0)
    say(`${file}: the database ${name}, ${rows} rows, ${Math.ceil(statSync(file).size / 1000)} kB`)
  }
  return folder
}

/** How many rows a file has, by table; what SQLite keeps for itself is none. */
export async function countRows(file: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const statement of readStatements(createReadStream(file, 'utf8'))) {
    const table = tableOf(statement)
    if (table !== undefined && !table.startsWith('sqlite_'))
      counts.set(table, (counts.get(table) ?? 0) + 1)
  }
  return counts
}
