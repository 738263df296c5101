// What an operator sees: the metrics, the health, and the cron that goes on meanwhile.
import { env } from 'cloudflare:workers'
import { writeCounts } from '../../src/delivery/upkeep/counts.ts'
import { runJobs } from '../../src/jobs.ts'
import { readExposition, type Read } from '../metrics/read-exposition.ts'
import type { World } from '../world.ts'

/** In ms. */
export const MINUTE = 60_000

const OPERATOR = { key: env.ADMIN_TOKEN }

/** A run of every job, at a minute of the cron at which all are due. */
export async function runCron(world: World): Promise<void> {
  await runJobs(await world.engine(), Math.ceil(world.clock / (60 * MINUTE)) * 60 * MINUTE)
  await world.settle()
}

/** The status that a monitor is told. */
export async function healthOf(world: World): Promise<string> {
  return (await world.call('GET', '/healthz', undefined, OPERATOR)).body.status
}

/** A gauge of the one database, with what else its labels say. */
export async function gaugeOf(world: World, name: string, label = ''): Promise<number | undefined> {
  const samples = await samplesOf(world, name)
  return samples.find(({ labels }) => Object.values(labels).join(' ').endsWith(label))?.value
}

/** A counter's values above 0, by its labels. */
export async function countersOf(world: World, name: string): Promise<Record<string, number>> {
  const samples = await samplesOf(world, name)
  const risen = samples.filter(({ value }) => value > 0)
  return Object.fromEntries(
    risen.map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  )
}

/** As a monitor scrapes them, once the isolate has written down what it has counted. */
async function samplesOf(world: World, name: string): Promise<Read[]> {
  const engine = await world.engine()
  await writeCounts({ ...engine, now: () => world.clock + MINUTE })
  const { body } = await world.call('GET', '/admin/metrics', undefined, OPERATOR)
  return readExposition(body).get(`callingbox_${name}`)?.samples ?? []
}
