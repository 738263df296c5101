// A replay that is on its way while it is looked at: most arrive, some fail.
import { z } from 'zod'
import { until } from '../smoke/dev-run.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import type { Service } from './service.ts'

const DAY_MS = 86_400_000

/** Of so many requests one fails. */
const ONE_OF = 24

/** So many have arrived, and several times as many are to come. */
const ON_ITS_WAY = 90

const WITHIN_MS = 90_000

const Endpoints = z.object({ data: z.array(z.object({ id: z.string(), description: z.string() })) })
const Started = z.object({ id: z.string() })

/** Replays what a desk of the week has lost, to where it is now; `look` sees the replay's page, by its path. */
export async function watchReplay(
  service: Service,
  look: (path: string) => Promise<void>,
): Promise<void> {
  const receiver = await startReceiver()
  const failing = setInterval(() => failSome(receiver), 1)
  try {
    const id = await startReplay(service, receiver)
    const isOn = () => receiver.taken.length >= ON_ITS_WAY || undefined
    await until('a replay on its way', WITHIN_MS, isOn)
    await look(`/replays/${id}`)
    await service.weekCall('POST', `/v1/webhook_replays/${id}/cancel`)
  } finally {
    clearInterval(failing)
    await receiver.stop()
  }
}

function failSome(receiver: Receiver): void {
  receiver.status = receiver.taken.length % ONE_OF === ONE_OF - 1 ? 503 : 200
}

async function startReplay({ weekCall }: Service, receiver: Receiver): Promise<string> {
  const { data } = Endpoints.parse(await weekCall('GET', '/v1/webhook_endpoints'))
  const id = data.find(({ description }) => description.startsWith('Appointment desk'))?.id
  await weekCall('PATCH', `/v1/webhook_endpoints/${id}`, { url: receiver.url })
  const since = new Date(Date.now() - 4 * DAY_MS).toISOString()
  const asked = {
    filter: { endpoint_id: id, status: ['delivered'], created_after: since },
    to: 'current',
    rate_per_second: 8,
    reason: 'The desk lost four days with its disk',
  }
  return Started.parse(await weekCall('POST', '/v1/webhook_replays', asked)).id
}
