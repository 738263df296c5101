// Forms, empty and with faults, and the settings.
import { EndpointForm, NEW_ENDPOINT } from '../endpoints/form.tsx'
import { SettingsPage } from '../settings/page.tsx'
import { makeAuditLog, makeKeys, makeQuotas, makeSessions } from './made-up/made-account.ts'
import { HOSTILE, LONG_ERROR, LONG_NAME, LONG_URL, UNBROKEN } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** What was typed, and what is wrong with each of it. */
const ALL_WRONG = {
  url: LONG_URL,
  description: LONG_NAME,
  enabledEvents: ['call.completed'],
  maxPerSecond: 0,
  orderingMaxWait: 86_401,
  problems: {
    url: LONG_ERROR,
    description: HOSTILE,
    enabledEvents: UNBROKEN,
    maxPerSecond: LONG_ERROR,
    orderingMaxWait: UNBROKEN,
  },
}

/** The board. */
export function FormsBoard({ now }: { now: number }) {
  const [keys, sessions, log] = [makeKeys(now), makeSessions(now), makeAuditLog(now)]
  const own = { ownKeyId: keys[0]?.publicId ?? '', ownId: sessions[0]?.id ?? '' }
  const typed = { name: LONG_NAME, mode: 'test', days: '30', scopes: ['send'], token: '' }
  const grant = { scopes: ['send', 'manage'] as const, expiresAt: now }
  const quotas = makeQuotas()
  const shown = { typed, keys, sessions, quotas, log, ...own, grant, side: 'live' as const, now }
  return (
    <>
      <Specimen title="An endpoint, nothing typed">
        <section class="card narrow">
          <EndpointForm action="" values={NEW_ENDPOINT} submit="Create" />
        </section>
      </Specimen>
      <Specimen title="An endpoint, everything wrong">
        <section class="card narrow">
          <EndpointForm action="" values={ALL_WRONG} submit="Save" />
        </section>
      </Specimen>
      <Specimen title="Settings">
        <SettingsPage {...shown} />
      </Specimen>
      <Specimen title="Settings, of a new key">
        <SettingsPage
          {...shown}
          notice={{ kind: 'bad', text: LONG_ERROR }}
          side="test"
          newKey={`sk_test_ab12cd34${'0'.repeat(40)}`}
          secret={`whsec_${'0a'.repeat(32)}`}
        />
      </Specimen>
    </>
  )
}
