// The databases of wrangler.toml, each of which the migrations are for.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where wrangler keeps its state when it is not told. */
export const DEFAULT_STATE = '.wrangler/state'

/** Where wrangler keeps the local ones, one file each, in the folder of its state. */
export const DATABASE_FOLDER = 'v3/d1/miniflare-D1DatabaseObject'

// Of a Durable Object that wrangler keeps beside them.
const NO_DATABASE = 'metadata.sqlite'

/** The files of those in `state` so far. */
export function findDatabaseFiles(state: string): string[] {
  const folder = join(state, DATABASE_FOLDER)
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files
    .filter((name) => name.endsWith('.sqlite') && name !== NO_DATABASE)
    .map((name) => join(folder, name))
}

/** Bindings of D1 in wrangler.toml's order. */
export function readDatabases(): string[] {
  return findDatabases(readFileSync('wrangler.toml', 'utf8'))
}

/**
 * The same in a text, other environments' left out. It is read by lines: loading wrangler to read its own file would take as long as
 * starting it.
 */
export function findDatabases(toml: string): string[] {
  const names: string[] = []
  let table = ''
  for (const line of toml.split('\n')) {
    table = /^\s*\[+\s*([\w.-]+)\s*\]+/.exec(line)?.[1] ?? table
    const binding = /^\s*binding\s*=\s*["'](\w+)["']/.exec(line)?.[1]
    if (table === 'd1_databases' && binding !== undefined) names.push(binding)
  }
  return names
}
