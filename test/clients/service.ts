// The service that all journeys ask, each for an organization of its own; and a receiver that takes everything.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { findFreePorts, startDev, stillRunning, terminate, until } from '../smoke/dev-run.ts'

const READY_WITHIN_MS = 60_000
const STOPS_WITHIN_MS = 10_000

export type Service = {
  url: string
  /** Whatever comes there is answered 204. */
  hookUrl: string
  /** A key of a new organization. */
  createKey: (name: string) => Promise<string>
  stop: () => Promise<void>
}

const Id = z.object({ id: z.uuid() })
const Key = z.object({ key: z.string() })

/** Starts both. @throws when the service is not ready within a minute. */
export async function startService(): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'callingbox-clients-'))
  const port = await findFreePorts()
  const dev = startDev(['--port', `${port}`, '--persist-to', folder, '--no-receiver'])
  const url = `http://localhost:${port}`
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  }).listen(port + 1, 'localhost')
  async function stop(): Promise<void> {
    const processes = dev.processes()
    dev.signal('SIGINT', 'group')
    const isOver = () => stillRunning(processes).length === 0 || undefined
    await until('the end', STOPS_WITHIN_MS, isOver).catch(() => terminate(processes))
    receiver.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await dev.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
  } catch (error) {
    await stop()
    throw error
  }
  const { ADMIN_TOKEN = '' } = parseEnv(await readFile('.dev.vars', 'utf8'))
  async function create(path: string, name: string): Promise<unknown> {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name }),
    })
    return answer.json()
  }
  return {
    url,
    hookUrl: `http://localhost:${port + 1}/webhooks`,
    async createKey(name) {
      const { id } = Id.parse(await create('/admin/orgs', name))
      return Key.parse(await create(`/admin/orgs/${id}/api_keys`, name)).key
    },
    stop,
  }
}
