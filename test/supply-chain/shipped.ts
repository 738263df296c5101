// What is shipped: the packages whose code is in the Worker or in the command line, with their licences.
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A package as it is installed, and where its code goes. */
export type Shipped = { name: string; version: string; licence: string; into: string[] }

/** What esbuild tells of a bundle, by the paths of the sources that are in it. */
type Inputs = Record<string, unknown>

const WRANGLER = fileURLToPath(import.meta.resolve('wrangler'))

/** Every package that is shipped, by name. */
export async function listShipped(): Promise<Shipped[]> {
  const places = { Worker: await bundleWorker(), 'command line': await bundleCommandLine() }
  const into = new Map<string, string[]>()
  for (const [place, inputs] of Object.entries(places)) {
    for (const name of await packagesIn(Object.keys(inputs))) {
      into.set(name, [...(into.get(name) ?? []), place])
    }
  }
  const names = [...into.keys()].toSorted()
  return Promise.all(names.map((name) => describe(name, into.get(name) ?? [])))
}

/** The Worker, as it is deployed. */
async function bundleWorker(): Promise<Inputs> {
  const folder = await mkdtemp(join(tmpdir(), 'callingbox-bundle-'))
  const metafile = join(folder, 'meta.json')
  const command = ['deploy', '--dry-run', '--outdir', folder, '--metafile', metafile]
  execFileSync(process.execPath, [WRANGLER, ...command], { stdio: ['ignore', 'ignore', 'inherit'] })
  // https://esbuild.github.io/api/#metafile
  const { inputs } = JSON.parse(await readFile(metafile, 'utf8')) as { inputs: Inputs }
  await rm(folder, { recursive: true })
  return inputs
}

async function bundleCommandLine(): Promise<Inputs> {
  const entryPoints = ['src/cli/main.ts']
  const options = { bundle: true, platform: 'node', format: 'esm', write: false } as const
  const { metafile } = await build({ entryPoints, ...options, metafile: true })
  return metafile.inputs
}

/** Those whose files are in a bundle, and those of which it has a file as text, which no bundler sees into. */
async function packagesIn(paths: string[]): Promise<Set<string>> {
  const ours = paths.filter((path) => /^src\/.*\.tsx?$/.test(path))
  const sources = await Promise.all(ours.map((path) => readFile(path, 'utf8')))
  const texts = sources.join('\n').matchAll(/^import \w+ from '([^.'][^']*\.(?:js|css))'$/gm)
  const all = [...paths, ...Array.from(texts, ([, path = '']) => `node_modules/${path}`)]
  return new Set(
    all.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  )
}

async function describe(name: string, into: string[]): Promise<Shipped> {
  const text = await readFile(`node_modules/${name}/package.json`, 'utf8')
  // https://docs.npmjs.com/cli/configuring-npm/package-json
  const { version, license } = JSON.parse(text) as { version: string; license?: string }
  return { name, version, licence: license ?? 'none named', into }
}
