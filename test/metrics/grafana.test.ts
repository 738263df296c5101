// The Grafana dashboard asks for what /admin/metrics tells, and for nothing else.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import dashboard from '../../.github/grafana/dashboard.json'
import { World } from '../world.ts'
import { readExposition } from './read-exposition.ts'

/** What Grafana's own schema asks of a dashboard, as far as this one has it. */
const Source = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') })

const Panel = z.strictObject({
  id: z.int().min(1),
  type: z.enum(['timeseries', 'stat']),
  title: z.string().min(1),
  description: z.string(),
  datasource: Source,
  gridPos: z.strictObject({
    h: z.int().min(1),
    w: z.int().min(1).max(24),
    x: z.int().min(0).max(23),
    y: z.int().min(0),
  }),
  fieldConfig: z.strictObject({
    defaults: z.looseObject({ unit: z.string() }),
    overrides: z.tuple([]),
  }),
  options: z.looseObject({}),
  targets: z
    .array(
      z.strictObject({
        refId: z.string().regex(/^[A-Z]$/),
        datasource: Source,
        expr: z.string().min(1),
        legendFormat: z.string(),
      }),
    )
    .min(1),
})

const panels = z.array(Panel).parse(dashboard.panels)

/** Metrics and labels of an expression: its other words are functions. */
const ofExpressions = (pattern: RegExp) => [
  ...new Set(
    panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        [...`${expr} ${legendFormat}`.matchAll(pattern)].map(([, name = '']) => name),
      ),
    ),
  ),
]

async function tell() {
  const world = await World.create()
  const { body } = await world.call('GET', '/admin/metrics', undefined, { key: env.ADMIN_TOKEN })
  return readExposition(body)
}

describe('the Grafana dashboard', () => {
  it('asks for metrics that there are', async () => {
    const families = [...(await tell()).values()].flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : name,
    )
    const asked = ofExpressions(/\b(callingbox_\w+)/g)
    expect(families).toEqual(expect.arrayContaining(asked))
    // And all but none: what nobody looks at need not be told.
    expect(asked.toSorted()).toEqual(families.toSorted())
  })

  it('takes rates of counters and of nothing else', async () => {
    const families = await tell()
    const rated = ofExpressions(/\b(?:rate|increase)\((callingbox_\w+)/g)
    for (const name of rated) {
      const family = families.get(name.replace(/_(?:bucket|sum|count)$/, ''))
      expect([name, family?.type]).toEqual([name, expect.stringMatching(/counter|histogram/)])
    }
    const counters = [...families.values()].filter(({ type }) => type === 'counter')
    expect(rated).toEqual(expect.arrayContaining(counters.map(({ name }) => name)))
  })

  it('has panels of their own ids, none of which covers another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})
