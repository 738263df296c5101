// The local runtime's collector is set as the product wants it, by flags that its V8 knows.
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from 'miniflare'
import { afterEach, describe, expect, it } from 'vitest'
import { COLLECTOR } from '../../src/dev/collector.ts'
import { until } from './harness/until.ts'

/** Makes garbage for several collections. */
const script = `export default { fetch() {
  for (let made = 0; made < 1e6; made += 1) new Array(10).fill({ made })
  return new Response('done')
} }`
const WITHIN_MS = 25_000

let runtime: Miniflare | undefined
afterEach(async () => {
  await runtime?.dispose()
  Reflect.deleteProperty(process.env, 'MINIFLARE_WORKERD_V8_FLAGS')
})

/** What V8 says of its collections while the Worker makes garbage. */
async function traceCollections(flags: string): Promise<string> {
  const lines: string[] = []
  process.env['MINIFLARE_WORKERD_V8_FLAGS'] = `--trace-gc ${flags}`.trim()
  runtime = new Miniflare(
    convertV4MiniflareOptions({
      name: 'service',
      modules: true,
      script,
      log: new NoOpLog(),
      handleStructuredLogs: ({ message }) => lines.push(message),
      telemetry: { enabled: false },
      cf: false,
    }),
  )
  const url = await runtime.ready
  const pattern = /Scavenge|Mark-Compact/
  // What it says is buffered until there is some of it.
  await until('a collection', WITHIN_MS, 0, async () => {
    await (await fetch(url)).text()
    return pattern.test(lines.join('\n')) || undefined
  })
  await runtime.dispose()
  return lines.join('\n')
}

describe('a collection of the local runtime', () => {
  it('is always a whole one, which it is not by itself', async () => {
    expect(await traceCollections('')).toContain('Scavenge')
    const collections = await traceCollections(COLLECTOR.MINIFLARE_WORKERD_V8_FLAGS)
    expect(collections).toContain('Mark-Compact')
    expect(collections).not.toContain('Scavenge')
  })
})
