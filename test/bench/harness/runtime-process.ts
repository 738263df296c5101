// The runtime in a process of its own: Miniflare with a direct socket, logs off and D1 on disk.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'
import { ROOT } from './bundle.ts'
import type { RuntimeAddress, RuntimeOptions } from './runtime.ts'

// Written by startRuntime, which is all that starts this file.
const options = JSON.parse(process.argv[2] ?? '') as RuntimeOptions
const { root = ROOT } = options
const runtime = new Miniflare(toMiniflare(options))
process.stdin.on('end', () => void runtime.dispose().finally(() => process.exit(0))).resume()

const entryUrl = await runtime.ready
for (const name of databasesOf(options.vars)) await migrate(name)
const address: RuntimeAddress = {
  url: (await runtime.unsafeGetDirectURL()).origin,
  entryUrl: entryUrl.origin,
  inspectorUrl: (await runtime.getInspectorURL()).origin,
}
console.log(JSON.stringify(address))

/** The Worker as wrangler.toml describes it; only where it listens and stores is ours. */
function toMiniflare({ modules, persistTo, vars }: RuntimeOptions) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'))
  const { modulesRules: _rules, ...worker } = workerOptions
  return convertV4MiniflareOptions({
    ...worker,
    name: 'service',
    rootPath: '/',
    modulesRoot: '/',
    modules,
    // By the names of their bindings, as if wrangler.toml had a block for each.
    ...(vars['DATABASES'] && {
      d1Databases: Object.fromEntries(databasesOf(vars).map((name) => [name, name])),
    }),
    bindings: Object.assign({}, worker['bindings'], vars),
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    host: '127.0.0.1',
    port: 0,
    inspectorPort: 0,
    log: new NoOpLog(),
    // Lines of the Worker's own log, which a bench must not pay for.
    handleStructuredLogs: () => undefined,
    resourcePersistencePath: persistTo,
    unsafeTriggerHandlers: true,
    telemetry: { enabled: false },
    cf: false,
  })
}

function databasesOf(vars: RuntimeOptions['vars']): string[] {
  return vars['DATABASES']?.split(',') ?? ['DB']
}

async function migrate(name: string): Promise<void> {
  const database = await runtime.getD1Database(name)
  const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'orgs'")
  if ((await tables.first()) !== null) return
  const folder = join(root, 'migrations')
  for (const file of readdirSync(folder).toSorted()) {
    const queries = unstable_splitSqlQuery(readFileSync(join(folder, file), 'utf8'))
    await database.batch(queries.map((query) => database.prepare(query)))
  }
}
