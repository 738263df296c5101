// wrangler.toml as it is deployed, in every environment: what each queue is for, and what is logged.
import { describe, expect, it } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { roleOf } from '../src/delivery/receive.ts'

/** What is read of it. Wrangler's own types need more of Node than these tests have. */
type Queues = {
  producers: { binding: string; queue: string }[]
  consumers: { queue: string; dead_letter_queue?: string }[]
}

type Databases = {
  d1_databases: { binding: string; migrations_dir?: string }[]
  vars: Record<string, unknown>
}

const { definedEnvironments = [] } = readConfig({ config: 'wrangler.toml' })

describe.each([undefined, ...definedEnvironments])('the queues of environment %s', (env) => {
  const { queues }: { queues: Queues } = readConfig({ config: 'wrangler.toml', env })

  it('are bound under the names that their roles have', () => {
    const bound = queues.producers.map(({ binding, queue }) => [binding, roleOf(queue)])
    expect(Object.fromEntries(bound)).toEqual({
      FRESH_QUEUE: 'fresh',
      BULK_QUEUE: 'bulk',
      RETRY_QUEUE: 'retry',
    })
  })

  it('are all consumed, and what is given up ends as a dead letter', () => {
    const ends = queues.consumers.map(({ queue, dead_letter_queue: dead }) => [
      roleOf(queue),
      dead && roleOf(dead),
    ])
    expect(Object.fromEntries(ends)).toEqual({
      fresh: 'dead',
      bulk: 'dead',
      retry: 'dead',
      dead: undefined,
    })
    const consumed = queues.consumers.map(({ queue }) => queue)
    const named = queues.consumers.map(({ dead_letter_queue: dead }) => dead)
    const sent = queues.producers.map(({ queue }) => queue)
    expect(consumed).toEqual(expect.arrayContaining([...sent, ...named.filter(Boolean)]))
  })
})

describe.each([undefined, ...definedEnvironments])('the log of environment %s', (env) => {
  it('has no line of the platform’s own, with a URL as it was sent (X3)', () => {
    const { observability } = readConfig({ config: 'wrangler.toml', env })
    expect(observability).toMatchObject({ enabled: true, logs: { invocation_logs: false } })
  })
})

describe.each([undefined, ...definedEnvironments])('the databases of environment %s', (env) => {
  it('are bound under the names that DATABASES has, and have the same migrations', () => {
    const { d1_databases: bound, vars }: Databases = readConfig({ config: 'wrangler.toml', env })
    expect(String(vars['DATABASES']).split(',')).toEqual(bound.map(({ binding }) => binding))
    expect(new Set(bound.map(({ migrations_dir: folder }) => folder))).toEqual(
      new Set(['migrations']),
    )
  })
})

describe.each([...definedEnvironments])('environment %s', (env) => {
  it('has all that production has: what wrangler does not hand down stands in it, too', () => {
    const production = namesIn(readConfig({ config: 'wrangler.toml', env: '' }))
    expect(namesIn(readConfig({ config: 'wrangler.toml', env }))).toEqual(production)
  })
})

/** Of each kind of binding the names, which the code knows; of vars, too. */
function namesIn(config: object): [string, string[]][] {
  return Object.entries(config).flatMap(([kind, value]: [string, unknown]) => {
    if (kind === 'vars') return [[kind, Object.keys(Object(value)).toSorted()]]
    const names = bindingsIn(value)
    return names.length > 0 ? [[kind, names]] : []
  })
}

/** In a list of bindings, or in one that stands one step deeper as that of the queues does. */
function bindingsIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(
      ({ binding, name }: { binding?: string; name?: string }) => binding ?? name ?? [],
    )
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((inner) => (Array.isArray(inner) ? bindingsIn(inner) : []))
}
