// The table of recipes and the folders of their languages agree.
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LANGUAGES } from './languages.ts'

const MANIFESTS = 'test/recipes/*/{package.json,requirements.txt,go.mod,Cargo.toml,pom.xml}'

describe.each(LANGUAGES)('the recipes in $name', ({ name, recipes }) => {
  it('have both signatures between them', () => {
    const families = recipes.map(({ family }) => family)
    expect(families).toEqual(expect.arrayContaining(['standard', 'callingbox']))
  })

  it('are verified by packages of the versions that are installed', () => {
    const manifest = globSync(MANIFESTS).find((file) => file.includes(`/${name}/`))
    const text = manifest === undefined ? '' : readFileSync(manifest, 'utf8')
    for (const { verifiedBy } of recipes) {
      if (verifiedBy === undefined || verifiedBy.startsWith('callingbox')) continue
      for (const word of verifiedBy.split(/[ :]/)) expect(text).toContain(word)
    }
  })

  it('stand in the README by the signature that each verifies', () => {
    const page = readFileSync('test/recipes/README.md', 'utf8')
    const row = page.split('\n').find((line) => new RegExp(`^\\| ${name} +\\|`, 'i').test(line))
    const [, , ...columns] = row?.split('|') ?? []
    const linked = columns.map((column) =>
      [...column.matchAll(/\]\((\w+)\/([^)]+)\)/g)].map(([, , file]) => file),
    )
    const others = { standard: 'callingbox', callingbox: 'standard' } as const
    for (const [place, family] of (['standard', 'callingbox'] as const).entries()) {
      const files = recipes.filter((one) => one.family !== others[family]).map(({ file }) => file)
      expect(linked[place]?.toSorted()).toEqual(files.toSorted())
    }
  })

  it('are the files that are there, and show what a reader has to know', () => {
    for (const { file } of recipes) {
      const text = readFileSync(`test/recipes/${name}/${file}`, 'utf8')
      expect(text).toMatch(/as they arrived|get_data|ReadAll|readAllBytes|text\(\)/)
      expect(text).toMatch(/WEBHOOK_SECRET[^]*whsec_[^]*WEBHOOK_SECRET is not set/)
      expect(text.split('\n').length).toBeLessThan(65)
    }
  })
})
