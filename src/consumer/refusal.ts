// Each way in which a webhook can be refused, with the sentence that says what is wrong and what to do.

const SENTENCES = {
  no_secret:
    'No signing secret was given: is the environment variable set? It is the "whsec_…" that creating the endpoint, or rotating its secret, answered.',
  secret_is_api_key:
    'The secret is an API key: webhooks are signed with the endpoint\'s signing secret, which begins with "whsec_".',
  secret_is_other_kind:
    'The secret is a public or private key ("whpk_", "whsk_"): webhooks are signed with the endpoint\'s shared secret, which begins with "whsec_".',
  secret_has_extra_characters:
    "The secret has characters that are none of a secret's, such as a space, a line break or a quotation mark: remove them where it is set.",
  secret_without_prefix:
    'The secret does not begin with "whsec_": use the whole string, prefix included.',
  secret_cut_off:
    'The secret is not whole: after "whsec_" there are 64 hex digits, and the dashboard shows only the first few of them.',

  body_not_raw:
    'The body is not raw: give the text or the bytes as they arrived, before anything parses them.',
  empty_body: 'The body is empty: was it read before, by a body parser or another handler?',

  no_signature:
    'There is no signature header: is this a webhook, and does a proxy pass its headers on?',
  truncated_signature: 'The signature header was cut off.',
  malformed_signature: 'The signature header does not have the form that it is sent in.',

  body_reserialized:
    'The body was parsed and written again as JSON: verify the bytes as they arrived, before anything parses them.',
  body_recoded: 'The body was encoded differently on its way: verify the bytes as they arrived.',
  body_changed: 'The body is not the one that was signed.',
  wrong_secret:
    "No signature was made with this secret: is it another endpoint's, or was it rotated? If it is right, the body or the time was changed on the way.",

  stale_timestamp:
    'The webhook was signed too long ago: it is an old one sent again, or it was held up, or the clock here is fast.',
  future_timestamp: 'The webhook was signed in the future: the clock here is slow.',
  not_an_event: 'The webhook is signed with this secret, but its body is no event.',
  unexpected_type: 'The event is of a type that is not expected here.',
} as const

/** Why a webhook was refused. */
export type RefusalReason = keyof typeof SENTENCES

/** What is wrong with a webhook: for code, and for a person. No message has anything of the secret in it. */
export type Refusal = { ok: false; reason: RefusalReason; message: string }

/** The refusal for a reason, its sentence followed by what is special to this webhook. */
export function refuse(reason: RefusalReason, ...details: string[]): Refusal {
  return { ok: false, reason, message: [SENTENCES[reason], ...details].filter(Boolean).join(' ') }
}

/** Thrown where a webhook had to be good. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused'
  readonly reason: RefusalReason

  constructor({ reason, message }: Refusal) {
    super(message)
    this.reason = reason
  }
}
