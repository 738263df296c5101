// Checks that take a browser and a service alone, by their sentences, in an order in which none spoils another.
import type { Browser } from 'playwright-core'
import { askForKnown, tellOddAddress } from './addresses.ts'
import { disableByFailures } from './disabling.ts'
import { enableOnOpenPages, rateFairly } from './truth.ts'
import { explainEvent } from './events.ts'
import { exportShown } from './exports.ts'
import { endLinks, openLinks } from './portal.ts'
import type { Service } from './service.ts'
import { doTask, TASKS } from './tasks.ts'
import { sendTests } from './test-events.ts'

/** A sentence, and what shows that it holds. */
export type Check = {
  sentence: string
  body: (chromium: Browser, service: Service) => Promise<void>
}

/** Of the week as it is, and of what is enabled in it. */
export const OF_THE_WEEK: Check[] = [
  { sentence: 'says what an address asks for in vain', body: tellOddAddress },
  { sentence: 'asks for nothing that is not known', body: askForKnown },
  { sentence: 'calls slow what is slow, and nothing failed that is retried', body: rateFairly },
  { sentence: 'exports what is shown, as CSV and NDJSON', body: exportShown },
  { sentence: 'says at once on open pages that an endpoint is enabled', body: enableOnOpenPages },
]

/** Of what is made for each. */
export const OF_THEIR_OWN: Check[] = [
  { sentence: 'alerts to what was disabled for its failures', body: disableByFailures },
  { sentence: 'says who did not get an event, and why', body: explainEvent },
  { sentence: 'offers by a link what its scopes allow', body: openLinks },
  { sentence: 'lets a link in once, and its session be ended', body: endLinks },
  { sentence: 'sends a test as it was changed', body: sendTests },
  ...TASKS.map((task) => ({
    sentence: `counts: ${task.name}`,
    body: (chromium: Browser, service: Service) => doTask(chromium, service, task),
  })),
]
