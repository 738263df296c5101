// Finds out why no signature of a webhook fits.
import { decode, encode } from './bytes.ts'
import { readEvent, type WebhookEvent } from './events.ts'
import { readHeader, type WebhookHeaders } from './headers.ts'
import { refuse, type Refusal } from './refusal.ts'
import { listOriginals } from './rewriting.ts'
import { isSignedWith } from './secret.ts'
import type { Claim } from './signature.ts'

/** The longest body, in bytes, of which it is tried how it was written before: what becomes an event is no longer. */
const MAX_BODY_TO_TRY = 2 ** 18

/** How the body begins and ends, as it is sent. */
const ENVELOPE =
  /^\{"id":"[^"]*","type":"[^"]*","created":\d+,"api_version":"[^"]*","data":\{"call":\{.*\}\}\}$/s

/** A webhook that no signature fits; secrets are whole ones. */
export type Unfit = {
  claims: Claim[]
  body: Uint8Array
  headers: WebhookHeaders
  headerPrefix: string
  secrets: readonly string[]
}

/** What is wrong with a webhook that no signature fits: as sure as it can be known without the right secret. */
export async function diagnose(unfit: Unfit): Promise<Refusal> {
  // A byte order mark counts as space.
  const text = decode(unfit.body).trim()
  return (await findOriginal(unfit, text)) ?? findChange(unfit, text) ?? refuse('wrong_secret')
}

/** Whether a signature fits what the body may have been; `text` is the body's, without space around it. */
async function findOriginal(unfit: Unfit, text: string): Promise<Refusal | undefined> {
  const between = encode(text)
  if (between.length !== unfit.body.length && (await isSigned(unfit, between))) {
    return refuse(
      'body_changed',
      'It has a line break, a space or a byte order mark (BOM) around it: without, it fits.',
    )
  }
  if (unfit.body.length > MAX_BODY_TO_TRY) return undefined
  for (const { body, reason, detail } of listOriginals(text)) {
    if (await isSigned(unfit, body)) return refuse(reason, detail)
  }
  return undefined
}

async function isSigned({ claims, secrets }: Unfit, body: Uint8Array): Promise<boolean> {
  for (const secret of secrets) {
    for (const claim of claims) if (await isSignedWith(secret, claim, body)) return true
  }
  return false
}

/** Whether the body itself, or what stands beside it, shows that it is not what was sent. */
function findChange({ body, headers, headerPrefix }: Unfit, text: string): Refusal | undefined {
  const length = findOtherLength(headers, [body.length, encode(text).length])
  const event = readEvent(text)
  if (event !== undefined && !ENVELOPE.test(text)) {
    return refuse('body_reserialized', 'Its members are in another order, or have space between.')
  }
  if (length !== undefined) {
    return refuse('body_changed', `It has ${body.length} bytes, and was sent with ${length}.`)
  }
  if (event === undefined)
    return refuse('body_changed', 'It is no event, whole and as it was sent.')
  return isOfAnother(event, headers, headerPrefix)
    ? refuse('body_changed', 'Its id is not the one that the headers name.')
    : undefined
}

function findOtherLength(headers: WebhookHeaders, lengths: number[]): string | undefined {
  const [length] = readHeader(headers, 'content-length')
  const isCompressed = readHeader(headers, 'content-encoding').length > 0
  const isOther = length !== undefined && !lengths.includes(Number(length))
  return isOther && !isCompressed ? length : undefined
}

function isOfAnother({ id }: WebhookEvent, headers: WebhookHeaders, prefix: string): boolean {
  const named = ['webhook-id', `${prefix}-Event-Id`].flatMap((name) => readHeader(headers, name))
  return named.some((other) => other !== id)
}
