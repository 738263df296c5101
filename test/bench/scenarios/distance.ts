// Distance: what callers wait for when the database and the queues are as far away as in production.
import type { Finding } from '../harness/report.ts'
import { expectOk, now, sendEvent } from '../harness/service.ts'
import type { OpenStage } from '../harness/stage.ts'
import { spreadOf } from '../harness/stats.ts'

const ADDED_MS = 20
const WARM_UP = 10

/** Times accept and redeliver, one after the other, without and with distance. */
export async function distance(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const stage = await open()
  const times = isQuick ? 15 : 150
  const tenant = await stage.addTenant('distant', 1)
  const redeliver = (id: string) =>
    expectOk(stage.client('POST', `/v1/webhook_deliveries/${id}/redeliver`, { token: tenant.key }))
  const rows: (string | number)[][] = []
  for (const addedMs of [0, ADDED_MS]) {
    await stage.control(`latency?ms=${addedMs}`)
    const ids: string[] = []
    const accept = async () => {
      const { deliveries } = await sendEvent(stage.client, tenant)
      ids.push(...deliveries)
    }
    const accepted = await time(accept, times)
    await stage.settle()
    const redelivered = await time((place) => redeliver(ids[place] ?? ''), times)
    await stage.settle()
    rows.push(['accept', addedMs, ...Object.values(spreadOf(accepted))])
    rows.push(['redeliver', addedMs, ...Object.values(spreadOf(redelivered))])
  }
  return {
    scenario: 'Distance',
    note: `Ms that the caller waits, with ${ADDED_MS} ms added to each round trip to D1 and each call to a queue.`,
    columns: ['call', 'added ms', 'p50', 'p95', 'p99'],
    plot: {
      title: 'Ms that the caller waits, by ms added to each round trip',
      names: 2,
      values: { p50: 2, p95: 3 },
    },
    rows,
    targets: [],
  }
}

async function time(call: (place: number) => Promise<unknown>, times: number): Promise<number[]> {
  const taken: number[] = []
  for (let place = 0; place < times + WARM_UP; place += 1) {
    const startedAt = now()
    await call(place)
    taken.push(now() - startedAt)
  }
  return taken.slice(WARM_UP)
}
