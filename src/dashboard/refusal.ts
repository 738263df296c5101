// Why something was refused, for a person: the sentences of the API speak of its requests.
import type { AppError, ErrorCode } from '../errors.ts'

/** What has a sentence of its own, which names the field, the place or the thing. */
const OWN = [
  'invalid_request',
  'invalid_json',
  'not_found',
  'insufficient_scope',
  'quota_exceeded',
] as const

type Told = Exclude<ErrorCode, (typeof OWN)[number]>

const SENTENCES: Record<Told, string> = {
  invalid_api_key: 'This is not a valid API key.',
  method_not_allowed: 'This address shows nothing and does nothing when it is opened like this.',
  endpoint_disabled: 'The endpoint is disabled, and gets nothing until it is enabled.',
  endpoint_deleted:
    'The endpoint was deleted, so it cannot be sent again. Its history stays readable.',
  payload_deleted:
    'Its payload was deleted, so there is nothing to send again. Its history stays readable.',
  external_id_taken:
    'Another endpoint of the organization has this external id. Choose another, or clear it there first.',
  endpoint_limit_reached:
    'The organization has as many endpoints as it may have. Delete one that is no longer used.',
  api_key_limit_reached:
    'The organization has as many live API keys as it may have. Revoke one that is no longer used.',
  too_many_live_secrets:
    'As many signing secrets are in force as may be. Wait until one of them has stopped signing, or rotate so that all but the new one stop at once.',
  redeliver_limit_reached: 'It was redelivered as often as it can be.',
  too_many_replays:
    'As many replays are running as may. Wait until one is over, or pause or cancel one.',
  replay_not_running: 'Only a replay that is running can be paused.',
  replay_not_paused: 'Only a replay that is paused can be resumed.',
  replay_is_over: 'A replay that is over cannot be changed. Start a new one.',
  idempotency_key_reused:
    'This form was sent before, with something else in it. Open it anew and send that.',
  too_many_stops: 'As many hosts are stopped as may be.',
  already_there: 'The organization is in this database already.',
  move_under_way:
    'The organization is being moved to another database. Try again when that is over.',
  payload_too_large:
    'What you sent is longer than 64 KB, the most that a form here takes. Nothing was done: go back, make it shorter, and send it again.',
  unsupported_media_type: 'This form cannot be read.',
  rate_limited: 'This was asked for too often. Wait a minute, then try again.',
  internal_error: 'Something went wrong on our side. Nothing is lost; try again.',
  misconfigured: 'The service is misconfigured. Whoever runs it finds the reason in its log.',
  unavailable:
    'The service cannot do this at the moment. Try again shortly: what was done already is not done twice.',
}

/** Why it was refused, and what to do about it. */
export function tellRefusal({ code, message }: AppError): string {
  return isTold(code) ? SENTENCES[code] : message
}

function isTold(code: ErrorCode): code is Told {
  return !OWN.some((own) => own === code)
}
