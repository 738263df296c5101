// Bugs in the stop switch: what is sent all the same, and what never goes on.
import { bend, without, type Mutant } from './mutant.ts'

const HOLD = 'db/lifecycle/hold.ts'
const STOPS = 'db/stopped.ts'
const API = 'test/api/stops.test.ts'
const HOSTS = 'test/api/stopped-hosts.test.ts'

/** Mutants of this room. */
export const STOPPING: Mutant[] = [
  without('asking whether anything is sent to what is stopped', HOSTS, [
    'account/stops.ts',
    '  if (!isSentTo(config, host)) throw noHost()\n',
    '',
  ]),
  without('a way to lift a stop of what may be no host any more', HOSTS, [
    'account/stops.ts',
    ' && !(await isThere())',
    '',
  ]),
  without('leaving out the stops of deleted orgs', API, [
    'db/account/stops.ts',
    '.where(not(isLeft))',
    '',
  ]),
  without('asking whether it is stopped', 'C9', [
    'delivery/triage.ts',
    "  if (stop !== undefined) return { kind: 'hold', stop }\n",
    '',
  ]),
  bend('a consumer does not know what is stopped', 'C9', [
    'db/lifecycle/consume.ts',
    '${listStops(sql`d.org_id`)} AS stops',
    "'[]' AS stops",
  ]),
  bend('a first attempt does not know what is stopped', 'C9', [
    'db/lifecycle/first-attempt.ts',
    '${listStops(sql`${orgId}`)} AS stops',
    "'[]' AS stops",
  ]),
  bend('a stop of everything holds nobody', 'C9', [
    STOPS,
    "FROM stops stop WHERE stop.org_id = ''))`",
    'FROM stops stop WHERE stop.org_id = ${orgId}))`',
  ]),
  bend('a stop of one org holds all', API, [
    STOPS,
    "own.org_id = ${orgId} AND own.host = ''",
    "own.host = ''",
  ]),
  bend('a host is known by how it is written', API, [
    STOPS,
    "return new URL(url).hostname.replace(/\\.+$/, '') || undefined",
    "return url.split('/')[2]",
  ]),
  bend('a stop of a host holds every host', 'C7', [
    STOPS,
    'return host !== undefined && stops.includes(host) ? host : undefined',
    'return stops[0]',
  ]),
  bend('what is stopped is parked after it was let go on', 'A9', [
    HOLD,
    'OR (ep.url = d.url AND ${RESTS})',
    "OR (ep.url = d.url AND ref.value->'rest' IS NOT NULL)",
  ]),
  bend('what is stopped at the URL that an endpoint had is parked', 'A9', [
    HOLD,
    '(ep.url = d.url AND ${RESTS})',
    '${RESTS}',
  ]),
  without('a pace for what is stopped, which never goes on', 'D3', [
    HOLD,
    '    paced: statement(db, givePace(refs, now + leaseMs)),\n',
    '',
  ]),
  bend('a recovery that is stopped goes on as fast as it was', 'C7', [
    HOLD,
    'AND ep.pace IS NOT 1\n',
    'AND ep.pace IS NULL\n',
  ]),
  bend('what is stopped is looked at once more at each try', 'C7', [
    HOLD,
    'sweep_at = coalesce(ep.sweep_at, ${sweepAt})',
    'sweep_at = ${sweepAt}',
  ]),
  without('another time for a call’s own URL that is stopped', 'A9', [
    HOLD,
    '    postponed: statement(db, postpone(refs, OPEN, sql``)),\n',
    '',
  ]),
  without('another time for a new one to a URL that is stopped', 'A9', [
    HOLD,
    "    postponedNew: statement(db, postpone(refs, NEW, sql`stage = 'pending',`)),\n",
    '',
  ]),
  bend('what is stopped is tried again at once', 'A9', [
    'delivery/deliver.ts',
    'resting(world, ref, STOPPED_MS, stop)',
    'resting(world, ref, 1, stop)',
  ]),
  bend('a copy that is stopped lapses', 'Y6', [
    HOLD,
    'SET sweep_at = ${UNTIL}, lapses = 0',
    'SET sweep_at = ${UNTIL}',
  ]),
  bend('a copy that is stopped puts its delivery aside', 'Y6', [
    HOLD,
    "copiedBy === undefined ? 'itself' : 'copies'",
    "copiedBy === 'none' ? 'copies' : 'itself'",
  ]),
  without('a rest for replays whose org is stopped', API, [
    'delivery/replay/step.ts',
    ' || isPaused',
    '',
  ]),
  bend('what is listened to is offered while its org is stopped', 'H1', [
    'db/lifecycle/listen.ts',
    ' AND NOT ${isPaused(sql`ep.org_id`)}',
    '',
  ]),
  bend('what is offered is not asked whether it was stopped just now', 'C9', [
    'delivery/listen.ts',
    "endpointStatus === 'enabled' && stoppedBy(url, stops) === undefined",
    "endpointStatus === 'enabled'",
  ]),
  bend('a stop is not logged', 'U1', [
    'db/account/stops.ts',
    'return actor ? audited(db, actor, change, made) : made',
    'return made',
  ]),
  bend('a stop is logged in each database', 'U1', [
    'account/stops.ts',
    'return place === 0 ? actorOf(EVERY_ORG) : undefined',
    'return actorOf(EVERY_ORG)',
  ]),
]
