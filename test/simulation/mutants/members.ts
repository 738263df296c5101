// Bugs in what an endpoint is to its customer: its external id, its place in a list, what is found of its receiver.
import { bend, without, type Mutant } from './mutant.ts'

const EXTERNAL = 'test/api/external-ids.test.ts'
const METADATA = 'test/api/endpoint-metadata.test.ts'
const LIST = 'test/api/endpoint-list.test.ts'
const CHECK = 'test/journeys/check-receiver.test.ts'

/** Mutants of this part. */
export const MEMBER_MUTANTS: Mutant[] = [
  without('the refusal of a taken external id on create', EXTERNAL, [
    'db/account/endpoints.ts',
    '${ofDay.hasRoom}${external.isFree}',
    '${ofDay.hasRoom}',
  ]),
  without('the refusal of a taken external id on a change', EXTERNAL, [
    'db/account/endpoints.ts',
    "<> '[]'${external.isFree}",
    "<> '[]'",
  ]),
  bend('an endpoint’s own external id is taken', EXTERNAL, [
    'db/account/endpoint-changes.ts',
    ' AND other.id <> ${id}`',
    '`',
  ]),
  bend('an external id is taken by another org', EXTERNAL, [
    'db/account/endpoint-changes.ts',
    'WHERE other.org_id = ${orgId} AND other.external_id',
    'WHERE other.external_id',
  ]),
  bend('a path finds an endpoint of another org by its external id', EXTERNAL, [
    'db/account/endpoints.ts',
    '.where(and(eq(endpoints.orgId, orgId), eq(endpoints.externalId, externalId)))',
    '.where(eq(endpoints.externalId, externalId))',
  ]),
  bend('an external id may look like an id', EXTERNAL, [
    'account/schema.ts',
    "(id) => !id.toLowerCase().startsWith('we_') && !isUuid(id.toLowerCase())",
    "(id) => id !== ''",
  ]),
  bend('an Idempotency-Key knows no upper case', EXTERNAL, [
    'api/http/idempotency.ts',
    'return isUuid(lower) ? lower : id',
    'return lower',
  ]),
  bend('an external id that is gone is refused before its key is looked up', EXTERNAL, [
    'api/http/endpoint-ref.ts',
    '?? NOBODY',
    '?? Promise.reject(new Error(NOBODY))',
  ]),
  bend('metadata is written anew where it is as it was', METADATA, [
    'db/account/endpoint-changes.ts',
    'metadata: metadata && JSON.stringify(metadata),',
    'metadata: metadata && JSON.stringify(metadata, null, 1),',
  ]),
  without('the bound on metadata in all', METADATA, [
    'account/schema.ts',
    'if (size > bytes)',
    'if (size < 0)',
  ]),
  bend('endpoints are newest first', LIST, [
    'db/views/endpoint-pages.ts',
    'rows: found.rows.toReversed()',
    'rows: found.rows',
  ]),
  bend('a page of endpoints begins with its cursor’s other side', LIST, [
    'db/views/endpoint-pages.ts',
    ': { limit, startingAfter: endingBefore }',
    ': { limit, endingBefore }',
  ]),
  without('the operator’s stops of a check', CHECK, [
    'delivery/check-receiver.ts',
    'if (stoppedBy(url, stops) !== undefined) {',
    "if (stoppedBy(url, stops) === '') {",
  ]),
  without('turns of a check', CHECK, [
    'delivery/check-receiver.ts',
    'if (turns.refused.length > 0)',
    'if (turns.refused.length > 3)',
  ]),
  without('the limit of checks', CHECK, [
    'delivery/check-receiver.ts',
    "await enforceLimit(world, 'redeliver', `check ${orgId} ${endpointId}`)\n",
    '',
  ]),
  without('saying that a check had no secret', CHECK, [
    'delivery/check-receiver.ts',
    '.catch(tellUnopened)',
    '',
  ]),
  bend('what a check signs wrongly is signed rightly', CHECK, [
    'delivery/attempt/probe.ts',
    'request(world, forging(keyring), ',
    'request(world, keyring, ',
  ]),
  bend('what a check sends as old is new', CHECK, [
    'delivery/attempt/probe.ts',
    'now: () => world.now() - OLD_MS',
    'now: () => world.now()',
  ]),
  bend('a check goes on where nothing is accepted', CHECK, [
    'delivery/attempt/probe.ts',
    'if (!isSuccess(genuine.outcome)) return',
    "if (genuine.outcome.kind !== 'response') return",
  ]),
  bend('a check says that what is accepted was refused', CHECK, [
    'delivery/attempt/findings.ts',
    '  if (isSuccess(outcome)) {',
    "  if (isSuccess(outcome) && probe === 'wrong_signature') {",
  ]),
  bend('a receiver that fails counts as careful', 'test/journeys/check-receiver.test.ts', [
    'delivery/attempt/findings.ts',
    'status >= 400 && status <= 499 && status !== 408 && status !== 429',
    'status >= 300',
  ]),
  bend('orgs have one limit of checks', 'test/journeys/check-receiver.test.ts', [
    'delivery/check-receiver.ts',
    '`check ${orgId} ${endpointId}`',
    '`check ${endpointId}`',
  ]),
]
