// What `npm run restore` does: puts a backup into databases that have nothing in them.
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { CommandError } from '../provider/error.ts'
import { mustRun, type RunWrangler } from '../provider/run-wrangler.ts'
import {
  commandFor,
  nameOf,
  readTarget,
  type Target,
  type TargetDatabase,
} from '../provider/target.ts'
import { DEFAULT_STATE } from '../databases.ts'
import { countRows, fileOf } from './backup.ts'
import { placeOf, type Place } from './place.ts'
import { fit, readStatements } from './statements.ts'

const Named = z.array(z.object({ name: z.string() }))
const Answers = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }))

/** All tables that somebody has made. */
const TABLES = String.raw`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE '\_cf\_%' ESCAPE '\'`

type Tools = { run: RunWrangler; say: (line: string) => void }

/**
 * Restores every database of an environment from a folder. One that has been restored already is left alone, so a run that was
 * cut off is repeated. Tells what to run then. @throws CommandError before anything is written, where a file is missing or a database has other data.
 */
export async function restore(tools: Tools, place: Place, folder: string): Promise<void> {
  const target = readTarget(place.env)
  const { databases } = target
  for (const { binding } of databases) {
    const file = fileOf(folder, binding)
    if (!existsSync(file)) throw new CommandError(`There is no ${file}: is ${folder} a backup?`)
  }
  if (!place.isLocal) await createMissing(tools, databases)
  const wanting: TargetDatabase[] = []
  for (const database of databases) {
    if (await needsRestoring(tools, { ...place, target }, database, folder)) wanting.push(database)
  }
  for (const database of wanting) await importInto(tools, place, database, folder)
  const done = wanting.length > 0 ? 'Restored.' : 'Nothing was restored: all of it is there.'
  const next = place.isLocal
    ? `${commandFor('dev', target)} runs on it.`
    : `${commandFor('deploy', target)} brings it up to date and runs on it.`
  tools.say(`${done} ${next}`)
}

async function createMissing({ run, say }: Tools, databases: TargetDatabase[]): Promise<void> {
  const out = await mustRun(run, ['d1', 'list', '--json'], 'The account cannot be read')
  const names = new Set(Named.parse(toJson(out)).map(({ name }) => name))
  for (const { name } of databases.filter((database) => !names.has(database.name))) {
    await mustRun(run, ['d1', 'create', name], `The database ${name} cannot be made`)
    say(`… made the database ${name}`)
  }
}

async function needsRestoring(
  tools: Tools,
  place: Place & { target: Target },
  { binding, name }: TargetDatabase,
  folder: string,
): Promise<boolean> {
  const rows = await ask(tools.run, place, name, TABLES)
  if (rows.length === 0) return true
  const expected = await countRows(fileOf(folder, binding))
  const present = await countStored(
    tools.run,
    place,
    name,
    rows.map((row) => String(row['name'])),
  )
  if (isSame(expected, present)) {
    tools.say(`… ${name} has this backup already`)
    return false
  }
  throw new CommandError(
    `The database ${name} is not empty, and nothing was restored. A backup goes into a new database. ${howToClear(place, name)}`,
  )
}

/** How one that is in the way is got out of it: a local one is only moved. */
function howToClear({ isLocal, target }: Place & { target: Target }, name: string): string {
  if (isLocal) {
    const databases = `${DEFAULT_STATE}/v3`
    return `Stop npm run dev, move the local databases away (mv ${databases} ${databases}-before), restore again, and then ${commandFor('dev', target)}.`
  }
  const flags = target.env === '' ? '' : ` --env ${target.env}`
  return `Only when nothing in ${name}, the database of ${nameOf(target)}, is wanted any more: this deletes it for good, npx wrangler d1 delete ${name}${flags}. Restore again after that, and then ${commandFor('deploy', target)}.`
}

async function importInto(
  { run, say }: Tools,
  place: Place,
  { binding, name }: TargetDatabase,
  folder: string,
): Promise<void> {
  const file = fileOf(folder, binding)
  const scratch = mkdtempSync(join(tmpdir(), 'restore-'))
  try {
    const fitted = join(scratch, 'fitted.sql')
    await pipeline(Readable.from(fitAll(file)), createWriteStream(fitted, { mode: 0o600 }))
    const args = ['d1', 'execute', name, ...placeOf(place), '--yes', '--file', fitted]
    await mustRun(run, args, `The database ${name} cannot be restored`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const expected = await countRows(file)
  const present = await countStored(run, place, name, [...expected.keys()])
  if (!isSame(expected, present)) {
    throw new CommandError(
      `The database ${name} has other rows than ${file} after it was restored.`,
    )
  }
  say(`… restored ${name}: the rows of ${expected.size} tables, as many as in ${file}`)
}

async function* fitAll(file: string): AsyncGenerator<string> {
  for await (const statement of readStatements(createReadStream(file, 'utf8'))) {
    yield fit(statement).join('')
  }
}

/** How many rows each of these tables has; those with none are left out, as a dump has it. */
async function countStored(
  run: RunWrangler,
  place: Place,
  name: string,
  tables: string[],
): Promise<Map<string, number>> {
  if (tables.length === 0) return new Map()
  const counts = tables.map((table) => `(SELECT count(*) FROM "${table}") AS "${table}"`)
  const [row = {}] = await ask(run, place, name, `SELECT ${counts.join(', ')}`)
  return new Map(
    Object.entries(row).flatMap(([table, n]) => (Number(n) > 0 ? [[table, Number(n)]] : [])),
  )
}

function isSame(one: Map<string, number>, other: Map<string, number>): boolean {
  return one.size === other.size && [...one].every(([table, n]) => other.get(table) === n)
}

async function ask(run: RunWrangler, place: Place, name: string, sql: string) {
  const args = ['d1', 'execute', name, ...placeOf(place), '--json', '--yes', '--command', sql]
  const out = await mustRun(run, args, `The database ${name} cannot be read`)
  return Answers.parse(toJson(out))[0]?.results ?? []
}

/** The JSON in what wrangler printed, behind its notes. */
function toJson(out: string): unknown {
  return JSON.parse(out.slice(Math.max(out.search(/^\[/m), 0)))
}
