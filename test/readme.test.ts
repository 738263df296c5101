// What the README claims of the API and its settings is so.
import { describe, expect, it } from 'vitest'
import readme from '../README.md?raw'
import { parseConfig } from '../src/config.ts'
import { World } from './world.ts'

describe('the README', () => {
  it('has one heading for each route, and no other', async () => {
    const world = await World.create()
    const { body } = await world.call('GET', '/openapi.json')
    const routes = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const headings = [...readme.matchAll(/^### `([A-Z]+ \/\S+)`$/gm)].map(([, route]) => route)
    expect(new Set(headings)).toEqual(new Set(routes))
    expect(headings).toHaveLength(routes.length)
  })

  it('shows the sample that the demo receiver verifies with', async () => {
    const { default: sample } = await import('../src/dev/verify-signature.ts?raw')
    expect(readme).toContain(sample.trim())
  })

  it('names every setting with its default', async () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` *\|[^|]*\|([^|]*)\|[^|]*\|$/gm)]
    const named = Object.fromEntries(rows.map(([, name, value]) => [name, value?.trim()]))
    expect(parseConfig(named)).toEqual(parseConfig({}))
    const { default: toml } = await import('../wrangler.toml?raw')
    const vars = /\[vars\]\n([\s\S]*?)\n\n/.exec(toml)?.[1] ?? ''
    const settings = [...vars.matchAll(/^([A-Z_]+) = "(.*)"$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(named).toEqual(Object.fromEntries(settings))
  })

  it('has error bodies and JSON samples that are JSON', () => {
    const samples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
    expect(samples.length).toBeGreaterThan(8)
    for (const sample of samples) expect(() => JSON.parse(sample) as unknown).not.toThrow()
  })
})
