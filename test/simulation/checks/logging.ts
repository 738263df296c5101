// A10: what the attempt log says of each attempt.
import type { NumberedEntry } from '../../../src/delivery/attempt/log.ts'
import { errorOf } from '../model/outcome.ts'
import type { Post } from '../world/history.ts'
import { askerOf, idIn, isManual, type Evidence } from './evidence.ts'
import { recordingsIn } from './records.ts'

/**
 * A delivery's log has its attempts in the order in which they were recorded, and of each what happened:
 * who asked for it, when it began, how long it took, what came back or why nothing did, and whether a
 * newer version had come in between.
 */
export function A10(evidence: Evidence): string[] {
  const logged = new Map<string, { post: Post; isSuperseded: boolean }[]>()
  for (const { outcomes, superseded } of recordingsIn(evidence)) {
    for (const { post, step } of [...outcomes, ...superseded]) {
      const isSuperseded = step.before?.['version'] === step.row['version']
      logged.set(idIn(post), [...(logged.get(idIn(post)) ?? []), { post, isSuperseded }])
    }
  }
  return evidence.deliveries.flatMap((row) => {
    const expected = logged.get(String(row['id'])) ?? []
    const log = evidence.logOf(row).map(toTold)
    const told = expected.map(({ post, isSuperseded }) => toExpected(evidence, post, isSuperseded))
    return JSON.stringify(log) === JSON.stringify(told)
      ? []
      : [`the log of ${row['id']} says ${JSON.stringify(log)}, not ${JSON.stringify(told)}`]
  })
}

function toExpected(evidence: Evidence, post: Post, isSuperseded: boolean) {
  const { answered, at, actor } = post
  const status = answered?.status ?? null
  const tookMs = (answered?.at ?? at) - at
  return {
    trigger: isManual(post) ? 'manual' : 'automatic',
    requestedBy: isManual(post) ? askedBy(evidence, post) : null,
    startedAt: new Date(at + actor.skewMs).toISOString(),
    tookMs,
    headersMs: status === null ? null : tookMs,
    error: (answered && errorOf(answered)) ?? null,
    status,
    isSuperseded,
  }
}

/** Who had asked for it last when it was read. */
function askedBy(evidence: Evidence, post: Post): string | undefined {
  const known = evidence.statesOf('deliveries', idIn(post)).filter(({ tx }) => tx <= post.readTx)
  return known.flatMap(({ actor }) => askerOf(actor) ?? []).at(-1)
}

function toTold(entry: NumberedEntry) {
  return {
    trigger: entry.trigger,
    requestedBy: entry.requested_by,
    startedAt: entry.started_at,
    tookMs: entry.duration_ms,
    headersMs: entry.headers_ms,
    error: entry.error?.message ?? null,
    status: entry.response?.status ?? null,
    isSuperseded: Boolean(entry.superseded),
  }
}
