// The signature, worked out step by step.
import type { Child } from 'hono/jsx'
import { CopyBlock, Copyable } from '../ui/copy.tsx'
import { may } from '../ui/may.tsx'
import { Time } from '../ui/parts.tsx'
import type { AttemptSigner, WorkedSignature } from './signature.ts'

/** Characters of the signed string that are shown; the rest is the body above. */
const SHOWN = 96

/** What a consumer has to do, with the values of this delivery, signed at this moment. */
export function SignatureView(props: {
  fresh: WorkedSignature
  lastSigner: AttemptSigner | undefined
  prefix: string
}) {
  const { fresh, lastSigner, prefix } = props
  const { headers } = fresh
  return (
    <section class="card" id="signature">
      <div class="card-head">
        <h2>Signature, step by step</h2>
      </div>
      <p class="muted pad">
        Signed at this moment with this delivery's body. If your code comes to another result, the
        first step that differs is the one to look at.
      </p>
      <Steps fresh={fresh} />
      <CopyBlock
        id="fresh-signature"
        label="The header, valid for five minutes"
        text={`${prefix}-Signature: ${headers[`${prefix}-Signature`] ?? ''}`}
      />
      <CopyBlock
        id="standard-signature"
        label="The same for Standard Webhooks libraries"
        text={['webhook-id', 'webhook-timestamp', 'webhook-signature']
          .map((name) => `${name}: ${headers[name] ?? ''}`)
          .join('\n')}
      />
      {lastSigner ? <LastSigner signer={lastSigner} /> : null}
    </section>
  )
}

function Steps({ fresh: { timestampS, signedString, secrets } }: { fresh: WorkedSignature }) {
  return (
    <ol class="steps">
      <Step title="Take the timestamp t from the header">
        <Copyable what="timestamp" text={String(timestampS)}>
          <code>{timestampS}</code>
        </Copyable>
        , <Time at={timestampS * 1000} />. Refuse it when it is more than 300 s away from your
        clock.
      </Step>
      <SignedString text={signedString} />
      <Step title="HMAC-SHA256 with the whole secret as the key, whsec_ included">
        {secrets.map(({ publicPart, expiresAt }) => (
          <p>
            <SecretName publicPart={publicPart} />
            {expiresAt === null ? null : (
              <span class="muted">
                {' '}
                signs until <Time at={expiresAt} />
              </span>
            )}
          </p>
        ))}
      </Step>
      <Step title="Compare the lower-case hex with each v1 of the header, in constant time">
        {secrets.map(({ hex }) => (
          <p>
            <Copyable what="signature in hex" text={hex}>
              <code class="breakable">{hex}</code>
            </Copyable>
          </p>
        ))}
      </Step>
    </ol>
  )
}

/** Not even its first characters are for those who do not manage it. */
function SecretName({ publicPart }: { publicPart: string }) {
  return may('manage') ? <code>{publicPart}</code> : <>the endpoint’s secret</>
}

function SignedString({ text }: { text: string }) {
  const bytes = new TextEncoder().encode(text).length
  const rest = text.length > SHOWN ? '…' : ''
  return (
    <Step title="Put t, a dot and the raw body together">
      <pre tabindex={0} role="region" aria-label="Signed string">
        {text.slice(0, SHOWN) + rest}
      </pre>
      {bytes} bytes. The body as it was received: parsed and written again it is another text.
    </Step>
  )
}

function Step({ title, children }: { title: string; children: Child }) {
  return (
    <li>
      <h3>{title}</h3>
      {children}
    </li>
  )
}

function LastSigner({ signer: { number, header, publicPart } }: { signer: AttemptSigner }) {
  return (
    <p class="pad">
      Attempt {number} was sent with{' '}
      <Copyable what="signature header" text={header}>
        <code class="breakable">{header}</code>
      </Copyable>
      ,{' '}
      {publicPart === undefined ? (
        <>signed with a secret that has been rotated out since.</>
      ) : (
        <>
          which is what <SecretName publicPart={publicPart} /> gives for that timestamp.
        </>
      )}
    </p>
  )
}
