// An attempt with each outcome, two of them compared, a body of each kind, and how it is signed.
import { AttemptDetails } from '../delivery/attempt.tsx'
import { BodyView } from '../delivery/body-view.tsx'
import { Compare } from '../delivery/compare.tsx'
import { SignatureView } from '../delivery/signature-view.tsx'
import { makeLog } from './made-up/made-attempts.ts'
import { FOREIGN, HOSTILE, UNBROKEN } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** Bodies by what they are. */
const BODIES = {
  'A small body': '{"id":"evt","type":"call.completed","data":{"call":{"duration_seconds":183}}}',
  'A hostile body': JSON.stringify({ note: HOSTILE, [FOREIGN]: UNBROKEN, none: null }),
  'A body that is too long to be laid out': JSON.stringify({ text: 'long '.repeat(14_000) }),
  'A body that is no JSON': `{"half": ${HOSTILE}`,
  'No body at all': '',
}

/** The board. */
export function AttemptsBoard({ now }: { now: number }) {
  const log = makeLog()
  const entries = log.map(({ entry }) => entry)
  return (
    <>
      {log.map(({ name, entry }) => (
        <Specimen title={name}>
          <section class="card">
            <AttemptDetails entry={entry} isOpen />
          </section>
        </Specimen>
      ))}
      <Specimen title="Two attempts compared">
        <Compare log={entries} a={1} b={5} />
      </Specimen>
      <Specimen title="Two attempts that are the same">
        <Compare log={entries} a={1} b={1} />
      </Specimen>
      {Object.entries(BODIES).map(([name, body]) => (
        <Specimen title={name}>
          <BodyView
            id="0199ab12-3c4d-7e5f-8a6b-9c0d1e2f0001"
            body={body}
            curl={`curl --globoff 'https://example.com/${UNBROKEN}'`}
          />
        </Specimen>
      ))}
      <Signatures now={now} />
    </>
  )
}

function Signatures({ now }: { now: number }) {
  const timestampS = Math.floor(now / 1000)
  const secret = { publicPart: 'whsec_5257…', hex: '5257a869'.repeat(8) }
  const secrets = [
    { ...secret, expiresAt: null },
    { ...secret, expiresAt: now + 3_600_000 },
  ]
  const signature = `t=${timestampS},v1=${secret.hex},v1=${secret.hex}`
  const headers = {
    'CallingBox-Signature': signature,
    'webhook-id': '0199ab12-3c4d-7e5f-8a6b-9c0d1e2f0001',
    'webhook-timestamp': String(timestampS),
    'webhook-signature': 'v1,UlepVyV6hp…',
  }
  const fresh = { timestampS, signedString: `${timestampS}.${UNBROKEN}`, secrets, headers }
  const signer = { number: 3, header: signature, publicPart: undefined }
  return (
    <>
      <Specimen title="Signed with two secrets, the last attempt with neither">
        <SignatureView fresh={fresh} lastSigner={signer} prefix="CallingBox" />
      </Specimen>
      <Specimen title="Signed, nothing attempted yet">
        <SignatureView fresh={fresh} lastSigner={undefined} prefix="CallingBox" />
      </Specimen>
    </>
  )
}
