// Requests that try a receiver and belong to no delivery: sent as any is, but that nothing is kept of them.
import { createSigningSecret } from '../../credentials/signing-secret.ts'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { importSigningKey } from '../../webhook/signature.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { request } from './attempt.ts'
import { judgeGenuine, judgeRefusal, type Finding, type Probe } from './findings.ts'
import { createKeyring, type Keyring } from './keyring.ts'

/** A webhook that is so old, in ms, is signed rightly and refused by a careful receiver: twice what may be. */
const OLD_MS = 600_000

/** One request: what was sent, and what came back, if anything did. */
export type Asked = {
  probe: Probe
  status: number | null
  durationMs: number
  error: string | null
}

/** What of the world requests take that try a receiver. */
export type Prober = Parameters<typeof request>[0] & Parameters<typeof createKeyring>[0]

/** Makes a delivery that is in no database, each with an id of its own: no request is a repetition of another. */
export type MakeProbe = () => DeliveryToSend

/**
 * Sends a webhook as it should be, and where it is accepted the two that are to be refused, and says what that shows.
 * @throws when a secret or the endpoint's headers do not decrypt.
 */
export async function probe(
  world: Prober,
  makeProbe: MakeProbe,
): Promise<{ asked: Asked[]; findings: Finding[] }> {
  const keyring = createKeyring(world)
  const genuine = await request(world, keyring, makeProbe())
  const first = tell('genuine', genuine.outcome)
  const findings = judgeGenuine(genuine.outcome)
  // Whoever refuses all of them says nothing by it of these.
  if (!isSuccess(genuine.outcome)) return { asked: [first], findings }
  const [wrong, old] = await Promise.all([
    request(world, forging(keyring), makeProbe()),
    request({ ...world, now: () => world.now() - OLD_MS }, keyring, makeProbe()),
  ])
  return {
    asked: [first, tell('wrong_signature', wrong.outcome), tell('old_timestamp', old.outcome)],
    findings: [
      ...findings,
      judgeRefusal('wrong_signature', wrong.outcome),
      judgeRefusal('old_timestamp', old.outcome),
    ],
  }
}

/** A keyring whose secret nobody has. */
function forging(keyring: Keyring): Keyring {
  return { ...keyring, keysOf: async () => [await importSigningKey(createSigningSecret())] }
}

function tell(what: Probe, outcome: Outcome): Asked {
  return {
    probe: what,
    status: answerOf(outcome)?.status ?? null,
    durationMs: outcome.durationMs,
    error: explain(outcome)?.message ?? null,
  }
}
