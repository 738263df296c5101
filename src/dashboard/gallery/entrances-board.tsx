// The ways in: signing in with a key, and links, good ones and others.
import { FaultOfLink, LinkOffer } from '../portal.tsx'
import { SignInForm } from '../sign-in.tsx'
import { HOSTILE, LONG_ERROR } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

const FAULTS = ['unknown', 'used', 'expired', 'revoked'] as const

/** The board. */
export function EntrancesBoard({ now }: { now: number }) {
  const link = {
    id: '0199ab12-9999-7000-8000-000000000001',
    orgId: '0199ab12-0000-7000-8000-00000000000a',
    orgName: 'Harbor Clinics',
    expiresAt: now + 600_000,
    sessionMs: 43_200_000,
    usedAt: null,
    isKeyLive: true,
  }
  return (
    <>
      <Specimen title="Sign in">
        <SignInForm next="" told={undefined} />
      </Specimen>
      <Specimen title="Sign in, refused">
        <SignInForm next="" told={{ kind: 'bad', text: LONG_ERROR }} />
      </Specimen>
      <Specimen title="A link to look">
        <LinkOffer link={{ ...link, scopes: ['read'] }} token="" />
      </Specimen>
      <Specimen title="A link to operate">
        <LinkOffer link={{ ...link, orgName: HOSTILE, scopes: ['read', 'operate'] }} token="" />
      </Specimen>
      {FAULTS.map((fault) => (
        <Specimen title={`A link that is no good: ${fault}`}>
          <FaultOfLink fault={fault} />
        </Specimen>
      ))}
    </>
  )
}
