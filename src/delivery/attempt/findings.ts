// What requests to a receiver show of it, in plain words: what is right, and what is to be mended.
import { explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { ONLY_DEPLOYED } from '../send/send.ts'
import { SLOW_MS } from './watch.ts'

/** What can be found, in the order in which it is told. */
export const FINDINGS = [
  'stopped',
  'no_turn',
  'address',
  'certificate',
  'dns',
  'tls',
  'connection',
  'timeout',
  'reached',
  'redirect',
  'status',
  'time',
  'wrong_signature',
  'old_timestamp',
] as const

/** One thing that was found: whether it is as it should be, and a sentence for a person. */
export type Finding = { code: (typeof FINDINGS)[number]; isOk: boolean; message: string }

/** What is sent: a webhook as it should be, and two that a careful receiver refuses. */
export const PROBES = ['genuine', 'wrong_signature', 'old_timestamp'] as const

/** One of PROBES. */
export type Probe = (typeof PROBES)[number]

/** What the webhook as it should be shows. */
export function judgeGenuine(outcome: Outcome): Finding[] {
  if (outcome.kind !== 'response') {
    const code = outcome.kind === 'refused_target' ? 'address' : outcome.kind
    const advice = outcome.message === ONLY_DEPLOYED ? '' : ` ${ADVICE[outcome.kind]}`
    return [bad(code, sentence(outcome.message) + advice)]
  }
  const { status, headers, headersMs } = outcome
  const reached = ok('reached', 'It was reached: its name leads there, and the connection holds.')
  if (explain(outcome)?.kind === 'redirect') {
    const to = headers['location']
    const where = to === undefined ? '' : ` It leads to ${to.slice(0, MAX_SHOWN)}.`
    const message = `It answers ${status}: redirects are not followed.${where} Give the endpoint the URL that it leads to.`
    return [reached, bad('redirect', message), judgeTime(headersMs)]
  }
  const answered = isSuccess(outcome)
    ? ok('status', `It answers ${status} to a webhook that is as it should be.`)
    : bad(
        'status',
        `It answers ${status} to a webhook that is as it should be. ${adviseOn(status)}`,
      )
  return [reached, answered, judgeTime(headersMs)]
}

/** What the answer to a webhook shows that is to be refused. */
export function judgeRefusal(probe: Exclude<Probe, 'genuine'>, outcome: Outcome): Finding {
  const { what, danger, remedy } = TO_REFUSE[probe]
  if (isSuccess(outcome)) {
    const status = outcome.kind === 'response' ? outcome.status : ''
    return bad(probe, `It answers ${status} to ${what}: ${danger} ${remedy}`)
  }
  if (outcome.kind === 'response') {
    const { status } = outcome
    if (isRefusal(status)) return ok(probe, `It refuses ${what}, with ${status}.`)
    return bad(
      probe,
      `It answers ${status} to ${what}, which does not say that it refuses it. ${remedy}`,
    )
  }
  return bad(probe, `It gives no answer to ${what}: ${outcome.message}. ${remedy}`)
}

/** It is the sender's fault, by the status; not that the receiver fails, or is asked too often. */
function isRefusal(status: number): boolean {
  return status >= 400 && status <= 499 && status !== 408 && status !== 429
}

/** Characters of an address that are told. */
const MAX_SHOWN = 200

const TO_REFUSE = {
  wrong_signature: {
    what: 'a webhook with a wrong signature',
    danger: 'whoever knows the URL can send it what they like.',
    remedy: 'Verify the signature before all else, and answer 401 where it does not fit.',
  },
  old_timestamp: {
    what: 'a webhook that was signed ten minutes ago',
    danger: 'whoever has got hold of one can send it again for ever.',
    remedy: 'Refuse, with 401, a timestamp that is more than 300 seconds off.',
  },
} as const

const ADVICE = {
  refused_target:
    'Nothing was sent. Look up where its name leads, or give the endpoint another URL.',
  dns: 'Look at the spelling of the host, and at its records.',
  tls: 'It takes a certificate of a public authority, for this very host, that has not expired, with those in between. Where it asks for a client certificate, it has to know ours.',
  connection: 'Is the receiver running, and its port open to the internet?',
  timeout: 'Answer first, and do the work afterwards.',
} as const

function adviseOn(status: number): string {
  if (status === 401 || status === 403) {
    return 'Does it have the secret of this endpoint, whsec_ included, and verify the body as it came? Or does a gateway before it want a header? Then give the endpoint headers of its own.'
  }
  if (status === 404 || status === 410) return 'There is nothing at this path: mend the URL.'
  if (status === 405) return 'It has to take POST.'
  if (status === 429) return 'It is asked too often already.'
  if (status >= 500) return 'It fails: look into its log.'
  return 'Answer with a 2xx whatever is signed rightly, events that you do not know included.'
}

function judgeTime(headersMs: number): Finding {
  const took = `It answers within ${headersMs} ms.`
  if (headersMs <= SLOW_MS) return ok('time', took)
  return bad(
    'time',
    `${took} More than ${SLOW_MS} is slow: answer first, and do the work afterwards.`,
  )
}

/** With a full stop, and a capital at its beginning. */
function sentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}

function ok(code: Finding['code'], message: string): Finding {
  return { code, isOk: true, message }
}

function bad(code: Finding['code'], message: string): Finding {
  return { code, isOk: false, message }
}
