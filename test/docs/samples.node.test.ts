// What the documentation shows of other languages is what CI runs: those files, and packages of those versions.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { JOURNEYS } from '../../src/docs/samples/clients.ts'
import { INSTALL, RECEIVE } from '../../src/docs/samples/commands.ts'
import { RECEIVERS } from '../../src/docs/samples/receivers.ts'
import { LANGUAGES as CLIENTS } from '../clients/languages.ts'
import { LANGUAGES as RECIPES } from '../recipes/languages.ts'

/** What CI installs of a language from. */
const MANIFESTS: Record<string, string> = {
  node: 'package.json',
  typescript: 'package.json',
  python: 'requirements.txt',
  go: 'go.mod',
}

const read = (path: string) => readFileSync(path, 'utf8')

describe('the receivers', () => {
  it('are all that CI starts, as they are, in each language', () => {
    const started = RECIPES.flatMap(({ name, recipes }) =>
      recipes.map(({ start: _start, isHosted: _isHosted, name: framework, ...recipe }) => ({
        language: name,
        framework,
        ...recipe,
        text: read(`test/recipes/${name}/${recipe.file}`),
      })),
    )
    const shown = RECEIVERS.map((one) => ({ ...one, language: one.language.toLowerCase() }))
    expect(shown).toHaveLength(started.length)
    expect(shown).toEqual(expect.arrayContaining(started))
  })

  it.each(Object.entries(RECEIVE))('are begun with what CI installs for %s', (language, text) => {
    const { named, installed } = comparePackages(text, 'recipes', language.toLowerCase())
    expect(named.length).toBeGreaterThan(0)
    expect(installed).toEqual(named)
    const [file = ''] = /\S+\.\w+$/.exec(text) ?? []
    const first = RECEIVERS.find((one) => one.language === language)
    expect(first?.file.split('/').at(-1)).toBe(file)
  })
})

describe('the clients', () => {
  it('are all that CI makes of the document, with the journey that it goes', () => {
    const gone = CLIENTS.flatMap(({ name, clients }) =>
      clients.flatMap(({ file, generate }) => {
        const text = read(`test/clients/${name}/${file}`)
        return generate === undefined ? [] : [{ language: name, file, text, generate }]
      }),
    )
    expect(JOURNEYS).toHaveLength(gone.length)
    for (const { language, file, text, generate } of gone) {
      const shown = JOURNEYS.find((one) => one.language.toLowerCase() === language)
      expect(shown).toMatchObject({ file, text })
      expect(generate).toContain(shown?.generate)
      for (const settings of [shown?.settings ?? []].flat()) {
        expect(settings.text).toBe(read(`test/clients/${language}/${settings.file}`))
      }
    }
  })

  it.each(Object.entries(INSTALL))('are made of what CI installs for %s', (language, text) => {
    const { named, installed } = comparePackages(text, 'clients', language)
    expect(named.length).toBeGreaterThan(0)
    expect(installed).toEqual(named)
  })
})

/** The packages that the commands name, and those of them that the manifest has in that version. */
function comparePackages(commands: string, folder: string, language: string) {
  const words = read(`test/${folder}/${language}/${MANIFESTS[language] ?? ''}`).split(/[\s":=,]+/)
  const named = [...commands.matchAll(/(\S+?)(?:==|@)(v?\d[\w.]*)/g)].map(
    ([, name = '', version = '']) => `${name.replace(/\/cmd\/[\w-]+$/, '')} ${version}`,
  )
  const pairs = new Set(words.map((word, place) => `${word} ${words[place + 1] ?? ''}`))
  return { named, installed: named.filter((one) => pairs.has(one)) }
}
