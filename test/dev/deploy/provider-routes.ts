// The calls of the provider's API that wrangler makes, each with what it does to an account in memory.
import { z } from 'zod'
import {
  listDatabases,
  idOf,
  listQueues,
  describeQueue,
  describeService,
  describeUrl,
  listDeployments,
  describeVersion,
  describeSettings,
  readUpload,
} from './provider-answers.ts'
import { ApiFault, type Provider } from './provider.ts'

const SUBDOMAIN = 'example'

/** How wrangler knows that an export or an import is over. */
const FINISHED = { success: true, status: 'complete', messages: [], at_bookmark: '' }
const META = { duration: 1, rows_read: 0, rows_written: 0, size_after: 0 }

type Call = {
  provider: Provider
  /** Where the API is. */
  origin: string
  path: string[]
  query: URLSearchParams
  body: Buffer
  type: string
}
type Route = (call: Call) => unknown

/** What a call, its method and path, does. @throws ApiFault for one that is not here. */
export function routeOf(line: string): Route {
  const found = ROUTES.find(([pattern]) => pattern.test(line))
  if (found) return found[1]
  throw new ApiFault(404, 7003, `There is no ${line} in this stub`)
}

const ROUTES: [RegExp, Route][] = [
  // wrangler looks for the files of a kind of site that it once had.
  [/^GET storage\/kv\/namespaces$/, () => []],
  [
    /^GET d1\/database$/,
    ({ provider }) => provider.call('GET databases', () => listDatabases(provider)),
  ],
  [
    /^GET d1\/database\/[^/]+$/,
    ({ provider, path }) => provider.call('GET database', () => idOf(provider, path)),
  ],
  [
    /^POST d1\/database$/,
    ({ provider, body }) => {
      const { name } = z.object({ name: z.string() }).parse(toJson(body))
      return { uuid: provider.createDatabase(name), name }
    },
  ],
  [/^DELETE d1\/database\/[^/]+$/, ({ provider, path }) => provider.deleteDatabase(path[2] ?? '')],
  [
    /^POST d1\/database\/[^/]+\/query$/,
    ({ provider, path, body }) => {
      const { sql } = z.object({ sql: z.string() }).parse(toJson(body))
      const answers = provider.query(path[2] ?? '', sql)
      return answers.map((results) => ({ results, success: true, meta: { duration: 1 } }))
    },
  ],
  [
    /^POST d1\/database\/[^/]+\/export$/,
    ({ origin, path }) => ({
      ...FINISHED,
      result: { filename: 'dump.sql', signed_url: `${origin}/files/${path[2]}` },
    }),
  ],
  [
    /^POST d1\/database\/[^/]+\/import$/,
    ({ provider, origin, path, body }) => {
      const { action } = z.object({ action: z.string() }).parse(toJson(body))
      const id = path[2] ?? ''
      if (action === 'init') return { upload_url: `${origin}/files/${id}`, filename: id }
      provider.importSql(id, provider.files.get(id) ?? '')
      return { ...FINISHED, result: { num_queries: 1, final_bookmark: '', meta: META } }
    },
  ],
  [
    /^GET queues$/,
    ({ provider, query }) => provider.call('GET queues', () => listQueues(provider, query)),
  ],
  [
    /^POST queues$/,
    ({ provider, body }) => {
      const { queue_name: name } = z.object({ queue_name: z.string() }).parse(toJson(body))
      provider.createQueue(name)
      return describeQueue(provider, name)
    },
  ],
  [/^DELETE queues\/[^/]+$/, ({ provider, path }) => provider.deleteQueue(path[1] ?? '')],
  [
    /^(?:POST|PUT) queues\/[^/]+\/consumers/,
    ({ provider, path, body }) => {
      const { script_name: worker } = z.object({ script_name: z.string() }).parse(toJson(body))
      provider.addConsumer(path[1] ?? '', worker)
      return {}
    },
  ],
  [
    /^DELETE queues\/[^/]+\/consumers\/[^/]+$/,
    ({ provider, path }) => provider.removeConsumer(path[1] ?? '', path[3] ?? ''),
  ],
  [
    /^GET workers\/subdomain$/,
    ({ provider }) => provider.call('GET subdomain', () => ({ subdomain: SUBDOMAIN })),
  ],
  [
    /^GET workers\/services\/[^/]+$/,
    ({ provider, path }) =>
      provider.call('GET service', () => describeService(provider, path[2] ?? '')),
  ],
  [
    /^DELETE workers\/services\/[^/]+$/,
    ({ provider, path }) => provider.deleteWorker(path[2] ?? ''),
  ],
  [
    /^GET workers\/workers\/[^/]+$/,
    ({ provider, path }) => provider.call('GET worker', () => describeUrl(provider, path[2] ?? '')),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/secrets$/,
    ({ provider, path }) =>
      provider.call('GET secrets', () =>
        [...provider.worker(path[2] ?? '').secrets.keys()].map((name) => ({
          name,
          type: 'secret_text',
        })),
      ),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/deployments$/,
    ({ provider, path }) =>
      provider.call('GET deployments', () => listDeployments(provider, path[2] ?? '')),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/versions$/,
    ({ provider, path }) =>
      provider.call('GET versions', () => ({
        items: provider
          .worker(path[2] ?? '')
          .versions.map(({ id }) => describeVersion(provider, path[2] ?? '', id)),
      })),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/versions\/[^/]+$/,
    ({ provider, path }) =>
      provider.call('GET version', () => describeVersion(provider, path[2] ?? '', path[4] ?? '')),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/settings$/,
    ({ provider, path }) =>
      provider.call('GET settings', () => describeSettings(provider, path[2] ?? '')),
  ],
  [
    /^PUT workers\/scripts\/[^/]+$/,
    async ({ provider, path, body, type }) => {
      const { id } = provider.putWorker(path[2] ?? '', await readUpload(provider, body, type))
      return {
        id,
        startup_time_ms: 1,
        tag: 'tag',
        etag: 'etag',
        pipeline_hash: '',
        mutable_pipeline_id: '',
        deployment_id: id,
      }
    },
  ],
  [
    /^POST workers\/scripts\/[^/]+\/versions$/,
    async ({ provider, path, body, type }) => {
      const { id } = provider.addVersion(path[2] ?? '', await readUpload(provider, body, type))
      return { ...describeVersion(provider, path[2] ?? '', id), startup_time_ms: 1 }
    },
  ],
  [
    /^POST workers\/scripts\/[^/]+\/deployments$/,
    ({ provider, path, body }) => {
      const { versions, annotations } = z
        .object({
          versions: z.array(z.object({ version_id: z.string() })),
          annotations: z.object({ 'workers/message': z.string().optional() }).optional(),
        })
        .parse(toJson(body))
      provider.deployVersion(
        path[2] ?? '',
        versions[0]?.version_id ?? '',
        annotations?.['workers/message'] ?? '',
      )
      return { id: 'deployment' }
    },
  ],
  [
    /^PATCH workers\/scripts\/[^/]+\/script-settings$/,
    ({ provider }) => provider.call('settings', () => ({})),
  ],
  [
    /^GET workers\/scripts\/[^/]+\/subdomain$/,
    ({ provider, path }) =>
      provider.call('GET URL', () => ({
        enabled: provider.worker(path[2] ?? '').hasUrl,
        previews_enabled: false,
      })),
  ],
  [
    /^POST workers\/scripts\/[^/]+\/subdomain$/,
    ({ provider, path }) => {
      provider.enableUrl(path[2] ?? '')
      return { enabled: true, previews_enabled: false }
    },
  ],
  [
    /^PUT workers\/scripts\/[^/]+\/schedules$/,
    ({ provider, path, body }) => {
      const crons = z.array(z.object({ cron: z.string() })).parse(toJson(body))
      provider.schedule(
        path[2] ?? '',
        crons.map(({ cron }) => cron),
      )
      return {}
    },
  ],
]

function toJson(body: Buffer): unknown {
  return JSON.parse(body.toString())
}
