// A probe: what the local thread makes an event's calls wait for, with none of our code between them.
import { startStream } from '../harness/load.ts'
import { now } from '../harness/service.ts'
import type { Stage } from '../harness/stage.ts'

const PER_SECOND = 5

/** Where a probe's POST goes at the receiver. */
const PATH = '/probe'

/**
 * While `work` goes on, requests for one call to D1 and one POST, which the bench Worker makes by itself;
 * answers how many ms each took, behind what `work` answers. They run on the thread that the service runs
 * on, so what they wait for is what anything waits for there.
 */
export async function probing<T>(stage: Stage, work: () => Promise<T>): Promise<[T, number[]]> {
  const stream = startStream(PER_SECOND, async () => {
    const startedAt = now()
    await stage.control('probe', { url: stage.receiver.url + PATH })
    return now() - startedAt
  })
  const done = await work()
  return [done, await stream.stop()]
}
