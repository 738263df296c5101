// A name says where one is: no two files and no two exported names of a floor are the same.
import { globSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SOURCE = fileURLToPath(new URL('../src', import.meta.url).href)

/** The floors of src/README.md, by the folders that they are made of. */
const FLOORS = {
  doors: ['api', 'dashboard'],
  engine: ['account', 'delivery', 'move'],
  store: ['db'],
}

/** Each page's folder has these, so that whoever knows one page knows them all. */
const OF_EACH_PAGE = new Set(['routes.tsx', 'page.tsx', 'list.tsx'])

/** Each door has these, for the same thing: who acts, where their data is, what is mounted where. */
const OF_EACH_DOOR = new Set([
  'file app',
  'file context',
  'value actorOf',
  'value dataOf',
  'value deliveryRoutes',
  'value endpointRoutes',
])

/** A room of the store that has tables of its own has these. */
const OF_EACH_STORE = new Set(['file schema', 'file words'])

it.each(Object.entries(FLOORS))('is one thing only among the %s', (_, folders) => {
  const named = folders
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: SOURCE }))
    .flatMap(namesOf)
    .filter((name) => !OF_EACH_DOOR.has(name) && !OF_EACH_STORE.has(name))
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter((name, place) => named.indexOf(name) < place)).toEqual([])
})

/** A file's own name, and what it exports; an overloaded function once. */
function namesOf(file: string): string[] {
  return [...new Set(fileNames(file).concat(exportsOf(file)))]
}

function fileNames(file: string): string[] {
  const isOfPage = file.startsWith('dashboard/') && OF_EACH_PAGE.has(basename(file))
  return isOfPage ? [] : [`file ${basename(file, extname(file))}`]
}

/** Types and values are told apart, since a schema and the type of what it reads have one name. */
function exportsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  const found = text.matchAll(/^export (?:async )?(type|function|const|class)\*? (\w+)/gm)
  return Array.from(found, ([, kind, name]) => `${kind === 'type' ? 'type' : 'value'} ${name}`)
}
