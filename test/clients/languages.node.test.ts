// The table of clients, the folders of their languages and what they are installed from agree.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LANGUAGES } from './languages.ts'

const MANIFESTS: Record<string, string> = {
  go: 'go.mod',
  python: 'requirements.txt',
  typescript: 'package.json',
}

describe.each(LANGUAGES)('the clients in $name', ({ name, clients }) => {
  const read = (file: string) => readFileSync(`test/clients/${name}/${file}`, 'utf8')

  it('are made by generators of the versions that are installed', () => {
    const manifest = read(MANIFESTS[name] ?? '')
    for (const { name: packages } of clients) {
      for (const word of packages.split(/ (?:\+ )?/)) expect(manifest).toContain(word)
    }
  })

  it('go through files that are there, and name all that is theirs in the environment', () => {
    for (const { file, start } of clients) {
      const text = read(file)
      expect(text).toMatch(/\bKEY\b/)
      expect(text).toMatch(/\bURL\b/)
      expect(start.endsWith(file) || name === 'go').toBe(true)
    }
  })

  it('are asked for the whole journey, where they have a method for it', () => {
    for (const { generate, prints } of clients) {
      const asked = generate === undefined ? [] : ['batch refused', 'replay']
      for (const step of [...asked, 'endpoint', 'event', 'list', 'delivery', 'redeliver', 'rotate'])
        expect(prints.some((line) => line.startsWith(step))).toBe(true)
      expect(prints.slice(-4).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'update disabled',
        'refused 409',
        generate === undefined ? 'delete raises' : 'delete 204',
        'missing 404',
      ])
    }
  })
})
