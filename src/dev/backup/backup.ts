// What `npm run backup` does: writes each database to a file, as SQL.
import { chmodSync, createReadStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, type RunWrangler } from '../provider/run-wrangler.ts'
import { readTarget } from '../provider/target.ts'
import { placeOf, restoreCommand, type Place } from './place.ts'
import { readStatements, tableOf } from './statements.ts'

/** Where the backups of this machine lie, a folder each. */
const FOLDER = 'backups'

/** From where; `at` is when, for the name of the folder. */
export type Wanted = Place & { at: Date }

/** The file of a database, by its binding, in a backup's folder. */
export function fileOf(folder: string, binding: string): string {
  return join(folder, `${binding}.sql`)
}

/**
 * Writes a backup, for its owner's eyes only, tells how to restore it, and answers its folder: one that is there is whole.
 * @throws CommandError
 */
export async function backUp(
  run: RunWrangler,
  say: (line: string) => void,
  wanted: Wanted,
): Promise<string> {
  const target = readTarget(wanted.env)
  const instant = wanted.at.toISOString().replaceAll(':', '').slice(0, 17)
  const folder = join(FOLDER, `${wanted.isLocal ? 'local' : target.worker}-${instant}`)
  const unfinished = `${folder}.unfinished`
  mkdirSync(unfinished, { recursive: true, mode: 0o700 })
  try {
    const rows = new Map<string, number>()
    for (const { binding, name } of target.databases) {
      rows.set(binding, await exportTo(run, wanted, name, fileOf(unfinished, binding)))
    }
    renameSync(unfinished, folder)
    for (const { binding, name } of target.databases) {
      const file = fileOf(folder, binding)
      const size = Math.ceil(statSync(file).size / 1000)
      say(`${file}: the database ${name}, ${rows.get(binding)} rows, ${size} kB`)
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  say(
    `It has what your customers sent: keep it as safe as the database. ${restoreCommand(wanted, folder)}`,
  )
  return folder
}

/** Answers how many rows it has. */
async function exportTo(
  run: RunWrangler,
  place: Place,
  name: string,
  file: string,
): Promise<number> {
  const args = ['d1', 'export', name, ...placeOf(place), '--output', file, '--skip-confirmation']
  await mustRun(run, args, `The database ${name} cannot be exported`)
  chmodSync(file, 0o600)
  return [...(await countRows(file)).values()].reduce((sum, count) => sum + count, 0)
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
