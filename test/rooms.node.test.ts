// Who imports whom: the linter refuses what the table in oxlint.config.ts does not allow, and the table
// allows nothing that nobody needs.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOMS } from '../oxlint.config.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url).href)

/** One import each that no reader would want. */
const REFUSED = {
  'src/api/one.ts': `import { a } from '../dashboard/context.ts'`,
  'src/dashboard/overview/one.ts': `import { a } from '../settings/page.tsx'`,
  'src/dashboard/ui/one.ts': `import { a } from '../overview/page.tsx'`,
  'src/account/one.ts': `import { a } from '../api/http/auth.ts'`,
  'src/delivery/one.ts': `import { a } from './receive.ts'`,
  'src/delivery/two.ts': `import { a } from 'drizzle-orm'`,
  'src/delivery/send/one.ts': `import { a } from '../attempt/pool.ts'`,
  'src/db/one.ts': `import { a } from '../delivery/sweep.ts'`,
  'src/db/lifecycle/one.ts': `import { a } from '../views/browse.ts'`,
  'src/db/lifecycle/two.ts': `import { a } from 'drizzle-orm-of-others'`,
  'src/world.ts': `import { a } from './wiring.ts'`,
  'src/errors.ts': `import { a } from './config.ts'`,
  'src/webhook/one.ts': `import { a } from '../credentials/vault.ts'`,
  'src/webhook/type.ts': `import type { A } from '../world.ts'`,
  'src/webhook/inline.ts': `export type A = import('../world.ts').World`,
  'src/webhook/again.ts': `export { a } from '../world.ts'`,
  'src/webhook/all.ts': `export * from '../world.ts'`,
  'src/webhook/late.ts': `export const a = await import('../world.ts')`,
  'src/new/one.ts': `import { a } from '../errors.ts'`,
  'src/new.ts': `import { a } from './errors.ts'`,
}

/** One import each that the table allows. */
const ALLOWED = {
  'src/api/two.ts': `import { a } from './endpoints.ts'`,
  'src/api/three.ts': `import { a } from './http/auth.ts'`,
  'src/api/http/one.ts': `import { a } from '../../db/account/api-keys.ts'`,
  'src/dashboard/app.tsx': `import { a } from './sign-in.tsx'`,
  'src/delivery/receive.ts': `import type { A } from '../world.ts'`,
  'src/db/client.ts': `import { a } from 'drizzle-orm/d1'`,
  'src/db/page.ts': `import { a } from '../errors.ts'`,
}

const FILES = globSync('**/*.{ts,tsx,css,js}', { cwd: join(ROOT, 'src') })

const place = mkdtempSync(join(tmpdir(), 'rooms-'))
afterAll(() => rmSync(place, { recursive: true }))

describe('an import', () => {
  it('is refused wherever the table does not allow it, and nowhere else', () => {
    expect(lint({ ...REFUSED, ...ALLOWED })).toEqual(Object.keys(REFUSED).toSorted())
  })
})

describe('the table of rooms', () => {
  it('has rooms that are there', () => {
    const there = new Set(FILES.map(roomOf))
    expect(Object.keys(ROOMS).filter((room) => !there.has(room))).toEqual([])
  })

  it('has none that is not on the map, where a door or a tool is one row with all inside it', () => {
    const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8')
    const rooms = Object.keys(ROOMS).filter(
      (room) => !/^(?:api|docs|dashboard|dev)\/|\/.*\./.test(room),
    )
    expect(rooms.filter((room) => !map.includes(`\`${room}\``))).toEqual([])
  })

  it('allows nothing that nobody needs', () => {
    const needed = FILES.flatMap((file) =>
      importsOf(file).map((name) => `${roomOf(file)} > ${nameOf(file, name)}`),
    )
    const allowed = Object.entries(ROOMS).flatMap(([room, names]) =>
      (names.match(/\S+/g) ?? []).map((name) => `${room} > ${name}`),
    )
    const isNeeded = (one: string) => needed.some((other) => matchesGlob(other, one))
    expect(allowed.filter((one) => !isNeeded(one))).toEqual([])
  })
})

/** The row that a file under src belongs to. */
function roomOf(file: string): string {
  return file in ROOMS ? file : dirname(file)
}

/** What a row calls an import. */
function nameOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return roomOf(join(dirname(file), specifier))
  return (/^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [specifier])[0]
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8')
  const found = text.matchAll(/^(?:import|export|\})(?: [^'\n]*)? from '([^']+)'/gm)
  return Array.from(found, ([, specifier = '']) => specifier)
}

/** The files of which the linter refuses an import, under this repository's own rules. */
function lint(files: Record<string, string>): string[] {
  cpSync(join(ROOT, 'oxlint.config.ts'), join(place, 'oxlint.config.ts'))
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(place, dirname(file)), { recursive: true })
    writeFileSync(join(place, file), text)
  }
  const { stdout } = spawnSync('npx', ['oxlint', '--format', 'unix', 'src'], {
    cwd: place,
    encoding: 'utf8',
  })
  const refused = stdout.matchAll(/^([^:]+):.*(?:no-restricted|consistent-type)-imports/gm)
  return Array.from(refused, ([, file = '']) => file).toSorted()
}
