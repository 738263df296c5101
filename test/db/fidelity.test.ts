// SQLite gives JSON text back as it came, which the intake's statement relies on.
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const text = fc
  .array(
    fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 5 })
        .map((plain) => JSON.stringify(plain).slice(1, -1)),
      fc.constantFrom(
        '\\u00e9',
        '\\u00E9',
        '\\/',
        '\\\\',
        '\\"',
        '\\b',
        '\\u2028',
        '\\ud83d\\ude00',
      ),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join('')}"`)

const number = fc.oneof(
  fc.constantFrom('-0', '1.0', '1e400', '9007199254740993', '-1E-400', '0.10', '1E+5'),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
)

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'json' },
    text,
    number,
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(text, tie('json')), { maxLength: 4 })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  ),
}))

describe('a member of a JSON parameter', () => {
  it('comes back with its text unchanged (P3)', async () => {
    const samples = fc.sample(json, { numRuns: 2000, seed: 7 })
    const parameter = `[${samples.map((sample) => `{"call":${sample}}`).join(',')}]`
    const query = env.DB.prepare(`SELECT value->'call' AS call FROM json_each(?)`)
    const { results } = await query.bind(parameter).all<{ call: string }>()
    expect(results.map(({ call }) => call)).toEqual(samples)
  })
})
