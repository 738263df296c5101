// The pages hold together: each code that is cited is defined in src/README.md, each that is defined is
// proven by a test, and what they point at is there.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { invariants } from './simulation/checks/invariants.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url).href)

/** An invariant's code. */
const CODE = /[A-Z]\d{1,2}/.source

/** Codes in parentheses, alone or before a colon: `(A6)`, `(A6, S4)`, `(D2–D5: …`. */
const CITED = new RegExp(`\\((${CODE}(?:(?:, |–)${CODE})*)[):]`, 'g')

/** What is written by running something, and kept out of the repository. */
const MADE = ['test/bench/results', 'test/screenshots']

const PAGES = globSync(['README.md', '.github/*.md', 'src/**/README.md', 'test/**/*.md'], {
  cwd: ROOT,
})
const CODE_FILES = globSync(['src/**/*.{ts,tsx}', 'test/**/*.ts', 'migrations/*.sql'], {
  cwd: ROOT,
})

const ROWS = read('src/README.md').matchAll(/^\| \*\*([A-Z]\d{1,2})\*\* *\| (.)/gm)
const DEFINED = [...ROWS].map(([, code = '', mark]) => ({ code, isSimulated: mark === '✓' }))
const CODES = DEFINED.map(({ code }) => code)

describe('the invariants', () => {
  it('are defined once each', () => {
    expect(CODES.length).toBeGreaterThan(40)
    expect(CODES.filter((code, place) => CODES.indexOf(code) < place)).toEqual([])
  })

  it('are defined wherever one is cited', () => {
    const cited = [...PAGES, ...CODE_FILES].flatMap((file) =>
      citedIn(read(file)).map((code) => ({ code, file })),
    )
    expect(cited.length).toBeGreaterThan(100)
    expect(cited.filter(({ code }) => !CODES.includes(code))).toEqual([])
  })

  it('are marked where the simulation checks them, and nowhere else', () => {
    const marked = DEFINED.filter(({ isSimulated }) => isSimulated).map(({ code }) => code)
    const checked = Object.keys(invariants(() => new Uint8Array()))
    expect(new Set(marked)).toEqual(new Set(checked))
  })

  it('are each cited by a test, or checked by the simulation', () => {
    const proven = new Set([
      ...titles().flatMap(({ title }) => citedIn(title)),
      ...DEFINED.flatMap(({ code, isSimulated }) => (isSimulated ? [code] : [])),
    ])
    expect(CODES.filter((code) => !proven.has(code))).toEqual([])
  })

  it('are cited at the end of a title, in parentheses', () => {
    const last = new RegExp(`^[^(].* \\(${CODE}(?:, ${CODE})*\\)$`)
    // D1 is a database, too.
    const first = new RegExp(`^(?!D1)${CODE}:? `)
    const astray = titles().filter(
      ({ title }) => first.test(title) || (citedIn(title).length > 0 && !last.test(title)),
    )
    expect(astray).toEqual([])
  })
})

describe('every page', () => {
  it.each(PAGES)('links to what is there: %s', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, link = '']) => link,
    )
    const isMissing = (link: string) => !existsSync(join(ROOT, dirname(page), link))
    expect(links.filter(isMissing)).toEqual([])
  })

  it.each(PAGES)('names files and folders that are there: %s', (page) => {
    const paths = [...read(page).matchAll(/`((?:src|test|migrations|\.github)\/[\w./-]+)`/g)]
    expect(paths.map(([, path = '']) => path).filter(isAbsent)).toEqual([])
  })

  it.each(PAGES)('names scripts that there are: %s', (page) => {
    // It is our own, and a test reads what it needs of it.
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(page).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)]
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([])
  })
})

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function citedIn(text: string): string[] {
  return [...text.matchAll(CITED)].flatMap(([, codes = '']) => codes.match(/[A-Z]\d{1,2}/g) ?? [])
}

/** Every text in a test file but those in comments: titles are among them. */
function titles(): { file: string; title: string }[] {
  const files = CODE_FILES.filter((file) => file.endsWith('.test.ts'))
  return files.flatMap((file) => {
    const lines = read(file)
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
    const texts = lines.join('\n').matchAll(/(['"`])((?:(?!\1)[^\n])*)\1/g)
    return Array.from(texts, ([, , title = '']) => ({ file, title }))
  })
}

function isAbsent(path: string): boolean {
  return !existsSync(join(ROOT, path)) && !MADE.some((made) => path.startsWith(made))
}
