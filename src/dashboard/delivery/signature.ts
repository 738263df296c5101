// A webhook's signature, step by step, for a consumer who compares.
import { secretPublicPart } from '../../credentials/signing-secret.ts'
import { VaultError } from '../../credentials/vault.ts'
import { isTest } from '../../db/ids.ts'
import type { Inspection } from '../../db/views/inspect.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { openSecret, type SecretOpener } from '../../delivery/attempt/open-secret.ts'
import { composeHeaders } from '../../webhook/request.ts'
import { importSigningKey, signWebhook, type SigningKey } from '../../webhook/signature.ts'
import type { World } from '../../world.ts'

/** A secret that signs now, and the signature that it gives. */
type SignedWith = { publicPart: string; expiresAt: number | null; hex: string }

/** The whole way to a signature at an instant in Unix seconds. */
export type WorkedSignature = {
  timestampS: number
  signedString: string
  secrets: SignedWith[]
  /** All headers of a request that would be sent now. */
  headers: Record<string, string>
}

/** What an attempt was signed with: a live secret's public part, or undefined for one that is gone. */
export type AttemptSigner = { number: number; header: string; publicPart: string | undefined }

/** What of the world it takes. */
type Signer = SecretOpener & Pick<World, 'config'>

/** A fresh example, and how the last attempt compares; undefined when a secret does not open. */
export async function workOutSignature(
  world: Signer,
  inspection: Inspection,
  body: string,
  last: NumberedEntry | undefined,
): Promise<{ fresh: WorkedSignature; lastSigner: AttemptSigner | undefined } | undefined> {
  try {
    const opened = await openSecrets(world, inspection)
    const { delivery } = inspection
    const timestampS = Math.floor(world.now() / 1000)
    const fresh = await sign(world, inspection, body, timestampS, opened)
    const lastSigner = last && (await findSigner(world, delivery.id, body, last, opened))
    return { fresh, lastSigner }
  } catch (error) {
    if (error instanceof VaultError || error instanceof RangeError) return undefined
    throw error
  }
}

type Opened = { plaintext: string; expiresAt: number | null }

function openSecrets(world: SecretOpener, { delivery, secrets }: Inspection): Promise<Opened[]> {
  const { orgId, endpointId } = delivery
  const ownerId = endpointId ?? orgId
  return Promise.all(
    secrets.map(async ({ id, sealed, expiresAt }) => {
      const plaintext = await openSecret(world, { orgId, ownerId, id, sealed })
      return { plaintext, expiresAt }
    }),
  )
}

async function sign(
  { config }: Signer,
  { delivery }: Inspection,
  body: string,
  timestampS: number,
  opened: Opened[],
): Promise<WorkedSignature> {
  const { id, eventType, callId } = delivery
  const keys = await toKeys(opened)
  const signature = await signWebhook({ id, timestampS, body, keys })
  const headers = composeHeaders({
    prefix: config.headerPrefix,
    id,
    type: eventType,
    callId: callId ?? '',
    timestampS,
    signature,
    attempt: 1,
    isManual: false,
    isTest: isTest(id),
  })
  const hexes = signaturesIn(signature.callingbox)
  return {
    timestampS,
    signedString: `${timestampS}.${body}`,
    secrets: opened.map(({ plaintext, expiresAt }, place) => ({
      publicPart: secretPublicPart(plaintext),
      expiresAt,
      hex: hexes[place] ?? '',
    })),
    headers,
  }
}

/** Signs again as the attempt did, and looks which secret gives what its header began with. */
async function findSigner(
  { config }: Signer,
  id: string,
  body: string,
  attempt: NumberedEntry,
  opened: Opened[],
): Promise<AttemptSigner | undefined> {
  const header = attempt.request?.headers[`${config.headerPrefix}-Signature`]
  const timestampS = Number(/^t=(\d+)/.exec(header ?? '')?.[1])
  if (header === undefined || !Number.isSafeInteger(timestampS)) return undefined
  const sent = signaturesIn(header).map((hex) => hex.replace('…', ''))
  const keys = await toKeys(opened)
  const again = signaturesIn((await signWebhook({ id, timestampS, body, keys })).callingbox)
  const place = again.findIndex((hex) => sent.some((start) => start && hex.startsWith(start)))
  const signer = opened[place]
  const publicPart = signer && secretPublicPart(signer.plaintext)
  return { number: attempt.number, header, publicPart }
}

function toKeys(opened: Opened[]): Promise<SigningKey[]> {
  return Promise.all(opened.map(({ plaintext }) => importSigningKey(plaintext)))
}

function signaturesIn(header: string): string[] {
  return header.split(',').flatMap((part) => (part.startsWith('v1=') ? part.slice(3) : []))
}
