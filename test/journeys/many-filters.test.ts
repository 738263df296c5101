// As many events at once as may be, judged by as many filters as there may be, whose words are as long as they get.
import { expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const MOST = 100

/** Three bytes a character, and a quotation mark, which JSON has as two. */
const LONG = '"質'.repeat(60)

it('are stored by one request, each with the one endpoint that lets it through, and a reason for each other (D7, R5)', async () => {
  const world = await World.create()
  const ids: string[] = []
  for (let n = 0; n < MOST; n += 1) {
    const filter = { path: 'metadata.name', equals: `${LONG}${n}` }
    ids.push((await world.createEndpoint({ filter })).body.id)
  }
  const events = ids.map((_, n) => ({
    type: 'call.completed',
    call: { id: crypto.randomUUID(), metadata: { name: `${LONG}${n}` } },
  }))
  const { status, body } = await world.call('POST', '/v1/events/batch', { events })
  expect(status).toBe(202)
  for (const [n, one] of (body.data as Json[]).entries()) {
    expect(one.deliveries.map(({ endpoint_id }: Json) => endpoint_id)).toEqual([ids[n]])
    expect(one.skipped).toHaveLength(MOST - 1)
    const told = new Set(
      one.skipped.map(({ reason, message }: Json) => `${reason} ${message.slice(0, 20)}`),
    )
    expect([...told]).toEqual(['filtered metadata.name equals'])
  }
})
