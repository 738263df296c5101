// Bugs in headers of endpoints: sent elsewhere, told to somebody, lost, or overwritten with what is shown of them.
import { bend, without, type Mutant } from './mutant.ts'

const PREPARE = 'delivery/attempt/prepare.ts'
const HEADERS = 'account/headers.ts'
const SEALED = 'db/account/sealed-headers.ts'
const API_TESTS = 'test/api/endpoint-headers.test.ts'
const WAY_TESTS = 'test/journeys/endpoint-headers.test.ts'
const KEY_TESTS = 'test/security/secrets/sealed-headers.test.ts'

/** Mutants of this room. */
export const OWN_HEADER_MUTANTS: Mutant[] = [
  bend('headers go to every origin', 'X10', [
    PREPARE,
    '!isSameOrigin(url, headers.endpointUrl)',
    'false',
  ]),
  bend('headers go to a host whatever its port', 'test/webhook/own-headers.test.ts', [
    'webhook/own-headers.ts',
    "one.origin !== 'null' && one.origin === two.origin",
    "one.origin !== 'null' && one.hostname === two.hostname",
  ]),
  bend('headers are told whole in the log', 'X10', [PREPARE, 'own: own?.map(cover)', 'own']),
  without('the headers of a first attempt', 'X10', [
    'db/lifecycle/first-attempt.ts',
    'headers: readHeaders({ ...row, orgId }),',
    'headers: null,',
  ]),
  without('the headers of what the queue brings', 'X10', [
    'db/lifecycle/consume.ts',
    'headers: readHeaders(row) }',
    'headers: null }',
  ]),
  bend('a delivery takes the headers of another endpoint of its batch', WAY_TESTS, [
    'db/lifecycle/consume.ts',
    '`${row.orgId} ${row.endpointId} ${row.secrets} ${row.headers}`',
    '`${row.orgId}`',
  ]),
  bend('headers that do not open are left out', WAY_TESTS, [
    PREPARE,
    'const lines = await headersOf(headers)',
    'const lines = await headersOf(headers).catch((): HeaderLine[] => [])',
  ]),
  bend('a header takes the place of one of ours', WAY_TESTS, [
    PREPARE,
    'findNameProblem(name, prefix) === undefined',
    "name !== ''",
  ]),
  bend('what is shown of a value becomes the value', API_TESTS, [
    HEADERS,
    'if (!isCovered(value)) return value',
    "if (value !== '') return value",
  ]),
  bend('a value that is shown of another is taken', API_TESTS, [
    HEADERS,
    'const isKept = shown.get(lower) === value',
    'const isKept = isCovered(value)',
  ]),
  without('the refusal of a URL that would take headers along', API_TESTS, [
    HEADERS,
    '  if (moves && hasAny && wanted === undefined) throw refused(MOVED)\n',
    '',
  ]),
  without('the refusal of a URL that would take covered headers along', API_TESTS, [
    HEADERS,
    '  if (moves && wanted?.some(([, value]) => isCovered(value))) throw refused(MOVED)\n',
    '',
  ]),
  bend('a URL is given whatever headers have come meanwhile', API_TESTS, [
    HEADERS,
    'from: plain.url === undefined ? {} : { headersSealed }',
    'from: {}',
  ]),
  bend('a URL of the origin that was is given whatever headers have come meanwhile', API_TESTS, [
    HEADERS,
    'from: plain.url === undefined ? {} : { headersSealed }',
    'from: moves ? { headersSealed } : {}',
  ]),
  without('covering what a receiver echoes of the headers', WAY_TESTS, [
    'delivery/attempt/attempt.ts',
    'coverEchoes(outcome, prepared.own)',
    'outcome',
  ]),
  bend('the beginning of a header that was cut off is kept', WAY_TESTS, [
    'delivery/attempt/echoes.ts',
    'length < LEAST_CUT ? text',
    'length < 10_000 ? text',
  ]),
  bend('a header is covered as it is sent alone', WAY_TESTS, [
    'delivery/attempt/echoes.ts',
    '[value, quote(value)]',
    '[value]',
  ]),
  bend('headers are given whatever the URL is by then', API_TESTS, [
    HEADERS,
    'from: { url, headersSealed }',
    'from: {}',
  ]),
  bend('headers that are as they were are written again', API_TESTS, [
    HEADERS,
    'if (old && names.length === 0) return undefined',
    'if (old && wanted.length > 10) return undefined',
  ]),
  bend('headers are sealed for any endpoint', KEY_TESTS, [
    SEALED,
    'return { orgId, ownerId: endpointId, id: endpointId }',
    "return { orgId, ownerId: orgId, id: 'headers' }",
  ]),
  without('sealing headers anew', KEY_TESTS, [
    SEALED,
    "UPDATE endpoints AS ep SET headers_sealed = r.value->>'resealed'",
    'UPDATE endpoints AS ep SET headers_sealed = ep.headers_sealed',
  ]),
  bend('headers that were replaced meanwhile are put back', KEY_TESTS, [
    SEALED,
    " AND ep.headers_sealed = r.value->>'sealed'`",
    '`',
  ]),
]
