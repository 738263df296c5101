// What the provider's API says of what an account has, at the least that wrangler needs.
import { z } from 'zod'
import { ApiFault, type Provider, type Upload } from './provider.ts'

const Metadata = z.object({
  bindings: z.array(
    z.looseObject({
      name: z.string(),
      type: z.string(),
      text: z.string().optional(),
      id: z.string().optional(),
    }),
  ),
})

export function listDatabases(provider: Provider) {
  return [...provider.databases].map(([name, { uuid }]) => ({
    uuid,
    name,
    version: 'production',
    created_at: '2026-01-01T00:00:00Z',
  }))
}

export function idOf(provider: Provider, path: string[]) {
  const { uuid, name } = provider.findDatabase(path[2] ?? '')
  return { uuid, name }
}

export function listQueues(provider: Provider, query: URLSearchParams) {
  const wanted = query.getAll('name')
  const names = [...provider.queues.keys()]
  return names
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((name) => describeQueue(provider, name))
}

// A queue's id is its name here, and a consumer's the Worker's.
export function describeQueue(provider: Provider, name: string) {
  const consumers = provider.queues.get(name)?.consumers ?? []
  return {
    queue_id: name,
    queue_name: name,
    created_on: '2026-01-01T00:00:00Z',
    modified_on: '2026-01-01T00:00:00Z',
    producers: [],
    producers_total_count: 0,
    consumers: consumers.map((script) => ({
      type: 'worker',
      script,
      consumer_id: script,
      settings: {},
    })),
    consumers_total_count: consumers.length,
  }
}

export function describeService(provider: Provider, name: string) {
  if (!provider.workers.has(name))
    throw new ApiFault(404, 10090, 'workers.api.error.service_not_found')
  return {
    id: name,
    default_environment: {
      environment: 'production',
      script: { id: name, tag: 'tag', last_deployed_from: 'wrangler' },
    },
  }
}

export function describeUrl(provider: Provider, name: string) {
  const { hasUrl } = provider.worker(name)
  return { id: name, name, subdomain: { enabled: hasUrl, previews_enabled: false } }
}

export function listDeployments(provider: Provider, name: string) {
  const { deployments } = provider.worker(name)
  return {
    deployments: deployments
      .map(({ versionId, message }, index) => ({
        id: `deployment-${index}`,
        source: 'wrangler',
        strategy: 'percentage',
        author_email: 'somebody@example.com',
        created_on: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
        annotations: { 'workers/message': message },
        versions: [{ version_id: versionId, percentage: 100 }],
      }))
      .toReversed(),
  }
}

export function describeVersion(provider: Provider, name: string, id: string) {
  const worker = provider.worker(name)
  const vars = worker.versions.find((version) => version.id === id)?.vars ?? {}
  const bindings = Object.entries(vars).map(([key, text]) => ({
    name: key,
    type: 'plain_text',
    text,
  }))
  return {
    id,
    number: 1,
    metadata: {
      created_on: '2026-01-01T00:00:00Z',
      author_email: 'somebody@example.com',
      source: 'wrangler',
    },
    annotations: {},
    resources: { script: { etag: 'etag', handlers: ['fetch'] }, script_runtime: {}, bindings },
  }
}

export function describeSettings(provider: Provider, name: string) {
  const { secrets } = provider.worker(name)
  return {
    bindings: [...secrets.keys()].map((key) => ({ name: key, type: 'secret_text' })),
    tags: [],
  }
}

// Which database a Worker has is kept among its vars, for what stands for it.
export async function readUpload(provider: Provider, body: Buffer, type: string): Promise<Upload> {
  const form = await new Response(body, { headers: { 'Content-Type': type } }).formData()
  const metadata: unknown = form.get('metadata')
  const { bindings } = Metadata.parse(JSON.parse(z.string().parse(metadata)))
  const of = (wanted: string) =>
    Object.fromEntries(
      bindings.filter((one) => one.type === wanted).map(({ name, text = '' }) => [name, text]),
    )
  const id = bindings.find((one) => one.type === 'd1')?.id ?? ''
  return {
    vars: { ...of('plain_text'), database: provider.findDatabase(id).name },
    secrets: of('secret_text'),
  }
}
