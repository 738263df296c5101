// Bugs in client certificates: shown elsewhere, left out, named by somebody else, or another's failure told of them.
import { bend, without, type Mutant } from './mutant.ts'

const CERTIFICATE = 'delivery/attempt/certificate.ts'
const ORG = 'db/account/org-certificate.ts'
const API_TESTS = 'test/api/client-certificates.test.ts'
const WAY_TESTS = 'test/journeys/client-certificates.test.ts'
const BOUND_TESTS = 'test/wiring.test.ts'

/** Mutants of this room. */
export const CERTIFICATE_MUTANTS: Mutant[] = [
  bend('a certificate is shown to every origin', WAY_TESTS, [
    CERTIFICATE,
    'certificate === null || !isSameOrigin(url, certificate.endpointUrl)',
    'certificate === null',
  ]),
  bend('a certificate is looked for over plain HTTP', WAY_TESTS, [
    CERTIFICATE,
    "URL.parse(url)?.protocol === 'https:' ? certificate.name : null",
    'certificate.name',
  ]),
  bend('what has no certificate bound is sent without it', WAY_TESTS, [
    CERTIFICATE,
    'if (!showing) throw new UnboundCertificate(name)',
    'if (!showing) return fetch',
  ]),
  without('the certificate of a first attempt', WAY_TESTS, [
    'db/lifecycle/first-attempt.ts',
    'certificate: readCertificate(row),',
    'certificate: null,',
  ]),
  without('the certificate of what the queue brings', WAY_TESTS, [
    'db/lifecycle/consume.ts',
    'const certificate = readCertificate(row)',
    'const certificate = null',
  ]),
  without('the finding of a certificate that is not bound', WAY_TESTS, [
    'delivery/check-receiver.ts',
    'if (missing === undefined) return undefined',
    "if (missing !== '') return undefined",
  ]),
  bend('the name of a binding is a sign of TLS', WAY_TESTS, [
    'delivery/send/send.ts',
    ".replaceAll(NOT_DEPLOYED.binding, '')",
    '',
  ]),
  without('what is said where a certificate is not to be had', WAY_TESTS, [
    'delivery/send/send.ts',
    'NOT_DEPLOYED.sign.test(text)',
    "text === ''",
  ]),
  without('the refusal of a certificate that is not bound', API_TESTS, [
    'account/certificates.ts',
    'if (name === null || certificates.has(name)) return',
    "if (name !== '') return",
  ]),
  without('the certificate of endpoints to come', API_TESTS, [
    'db/account/endpoints.ts',
    '(SELECT o.client_certificate FROM orgs o WHERE o.id = ${orgId})',
    'NULL',
  ]),
  without('the certificate of endpoints that there are', API_TESTS, [
    ORG,
    'third: statement(db, endpoints),',
    '',
  ]),
  bend('a certificate is named for every org', API_TESTS, [
    ORG,
    'WHERE org_id = ${orgId} AND ${isOther}`\n  return',
    'WHERE ${isOther}`\n  return',
  ]),
  without('the certificate of a test side to come', API_TESTS, [
    'db/account/twins.ts',
    '${now}, o.client_certificate FROM',
    '${now}, NULL FROM',
  ]),
  without('the certificate of a test side that there is', API_TESTS, [
    'account/orgs.ts',
    'twin, { name, sending, clientCertificate }',
    'twin, { name, sending }',
  ]),
  bend('a change that names a certificate again is logged again', API_TESTS, [
    ORG,
    'auditIf(db, condition, actor, change)',
    'auditIf(db, sql`true`, actor, change)',
  ]),
  bend('a create answers what its endpoint was before it was stored', API_TESTS, [
    'account/endpoints.ts',
    'return { endpoint: made.endpoint, plaintext }',
    'return { endpoint, plaintext }\n',
  ]),
  bend('two bindings of one name are one', BOUND_TESTS, [
    'wiring.ts',
    'if (found.has(name)) {',
    "if (found.has('')) {",
  ]),
  bend('a binding is called as a function of nobody', BOUND_TESTS, [
    'wiring.ts',
    '(url, init) => bound.fetch(url, init)',
    'bound.fetch',
  ]),
]
