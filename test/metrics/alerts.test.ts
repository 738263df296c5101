// The alert rules ask for what /admin/metrics tells, and each leads to its entry of the runbook.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import alerts from '../../.github/grafana/alerts.json'
import runbook from '../../.github/RUNBOOK.md?raw'
import { World } from '../world.ts'
import { readExposition } from './read-exposition.ts'

/** What Prometheus asks of a file of rules, as far as this one has it. */
const Rules = z.strictObject({
  groups: z.tuple([
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^CallingBox[A-Z]\w+$/),
          expr: z.string().min(1),
          for: z.string().regex(/^\d+[mh]$/),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({
            summary: z.string().min(1),
            runbook: z.string().regex(/^RUNBOOK\.md#/),
          }),
        }),
      ),
    }),
  ]),
})

const [{ rules }] = Rules.parse(alerts).groups

/** The runbook's entries, by the anchors that their headings have. */
const entries = new Map(
  runbook.split(/^## /m).map((entry) => {
    const heading = entry.slice(0, entry.indexOf('\n'))
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-')
    return [anchor, entry]
  }),
)

function entryOf({ annotations }: (typeof rules)[number]): string {
  return entries.get(annotations.runbook.replace('RUNBOOK.md#', '')) ?? ''
}

function metricsOf(text: string): string[] {
  return [...new Set(text.match(/\bcallingbox_\w+/g))]
}

describe('the alert rules', () => {
  it('ask for metrics and labels that there are', async () => {
    const world = await World.create()
    const { body } = await world.call('GET', '/admin/metrics', undefined, { key: env.ADMIN_TOKEN })
    const families = readExposition(body)
    expect([...families.keys()]).toEqual(
      expect.arrayContaining(metricsOf(rules.map(({ expr }) => expr).join(' '))),
    )
    for (const { expr } of rules) {
      for (const [, name = ''] of expr.matchAll(/\b(?:rate|increase)\((\w+)/g)) {
        expect([name, families.get(name)?.type]).toEqual([name, 'counter'])
      }
    }
  })

  it.each(rules)('$alert leads to an entry that has its metric', (rule) => {
    const { alert, expr } = rule
    const entry = entryOf(rule)
    expect([alert, entry === '']).toEqual([alert, false])
    // Where nothing is told at all, no figure is what one looks at.
    if (expr.startsWith('absent(')) return
    expect(metricsOf(entry)).toEqual(expect.arrayContaining(metricsOf(expr)))
  })

  it('are there for each entry that a figure tells of', () => {
    const alerted = new Set(rules.map(entryOf))
    // The paragraph under the heading says by what the state is known.
    const told = [...entries.values()].filter((entry) => {
      const [, signal = ''] = entry.split('\n\n')
      return entry.includes('npx vitest run') && metricsOf(signal).length > 0
    })
    expect(told.filter((entry) => !alerted.has(entry))).toEqual([])
  })

  it('have names of their own, and thresholds that their entries have', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const rule of rules) {
      const [, threshold = ''] = /> (\d{3,})$/.exec(rule.expr) ?? []
      if (threshold === '' || threshold === '3600') continue
      expect(entryOf(rule).replaceAll(',', '')).toContain(threshold)
    }
  })
})
