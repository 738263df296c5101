// Installs what the samples in a folder need, in a copy outside the repository that is kept.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href)

/** Generous: from scratch, beside other work, Go's took five minutes. */
const INSTALL_WITHIN_MS = 900_000

/** What recipes are installed and started with: the Node that runs this, and no telemetry. */
export const ENVIRONMENT = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  NEXT_TELEMETRY_DISABLED: '1',
}

/** Those of the commands that are not there. */
export async function findMissing(commands: string[]): Promise<string[]> {
  const found = await Promise.all(commands.map(isThere))
  return commands.filter((_, place) => !found[place])
}

function isThere(command: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${command}`]).then(
    () => true,
    () => false,
  )
}

/** A copy of the folder in which the command was run, ready to start from. */
export async function install(folder: string, command: string): Promise<string> {
  const copies = join(tmpdir(), `callingbox-webhooks-${basename(dirname(folder))}`)
  const copy = join(copies, basename(folder))
  const mark = join(copy, '.installed')
  const digest = digestOf(folder)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return copy
  rmSync(mark, { force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(folder, copy, { recursive: true })
  await shell(command, copy)
  writeFileSync(mark, digest)
  return copy
}

/** Puts this package among others, as `npm install` of what `npm pack` makes would. */
export async function addOwnPackage(copy: string): Promise<void> {
  const place = join(copy, 'node_modules/callingbox-webhooks')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  const tarball = `$(npm pack --silent --pack-destination '${place}')`
  await shell(`tar -xzf "${place}/${tarball}" --strip-components=1 -C '${place}'`, ROOT)
}

async function shell(command: string, cwd: string): Promise<void> {
  await run('sh', ['-c', command], { cwd, env: ENVIRONMENT, timeout: INSTALL_WITHIN_MS })
}

function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const file of globSync('**/*.*', { cwd: folder }).toSorted()) {
    hash.update(file).update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex')
}
