// Bugs in what finds an org's database, and in what visits each.
import { bend, without, type Mutant } from './mutant.ts'

const PLACEMENT = 'test/databases/placement.test.ts'
const APART = 'test/databases/apart.test.ts'
const DOWN = 'test/databases/down.test.ts'
const STALE = 'test/databases/stale.test.ts'

const ASKED = 'const question = askForDepartures(db, orgIds, isWriting)'
const IS_WRITING = "const isWriting = strictness === 'all' || !queries.every(isRead)"

/** Mutants of this part. */
export const DATABASES: Mutant[] = [
  without('asking whether an org has left', STALE, [
    'db/departures.ts',
    ASKED,
    "const question = { ...askForDepartures(db, orgIds, isWriting), text: 'SELECT ?, ?', values: [1, 2] }",
  ]),
  bend('what is leaving is written to', STALE, [
    'db/departures.ts',
    IS_WRITING,
    "const isWriting = strictness === 'all'",
  ]),
  bend('what is leaving may not be looked at', STALE, [
    'db/departures.ts',
    IS_WRITING,
    'const isWriting = true',
  ]),
  bend('an attempt begins though its org is leaving', STALE, [
    'delivery/deliver.ts',
    "loadForAttempt(db, some, now), 'all')",
    'loadForAttempt(db, some, now))',
  ]),
  without('forgetting where an org is gone from', STALE, [
    'db/store.ts',
    'places.forget(error.gone)',
    '',
  ]),
  without('forgetting where a batch’s org is gone from', STALE, [
    'db/spread.ts',
    'places.forget(departure.gone)',
    '',
  ]),
  bend('a departure is not found behind what drizzle throws', STALE, [
    'db/departures.ts',
    'findDeparture(reason.cause)',
    'undefined',
  ]),
  bend('the org that is leaving holds up its batch', STALE, [
    'db/spread.ts',
    'isOver || departure.leaving.includes(orgId)',
    'isOver || departure.leaving.length > 0 || orgId === undefined',
  ]),
  bend('a new org is put where there is least room', PLACEMENT, [
    'account/orgs.ts',
    'a.bytes - b.bytes',
    'b.bytes - a.bytes',
  ]),
  bend('a database out of reach gets the next org', PLACEMENT, [
    'account/orgs.ts',
    'bytesIn(db).catch(() => undefined)',
    'bytesIn(db).catch(() => 0)',
  ]),
  without('finishing an org that was cut off', PLACEMENT, [
    'account/orgs.ts',
    '  await createOrg(store.of(made.id)',
    '  if (!first) await createOrg(store.of(made.id)',
  ]),
  bend('an older key’s public id is given again', PLACEMENT, [
    'db/catalog.ts',
    'WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE public_id = ${publicId})',
    'WHERE true',
  ]),
  without('the note that the operator’s key was used', PLACEMENT, [
    'account/operator.ts',
    'await noteKey(',
    'await (async (..._: unknown[]) => {})(noteKey, ',
  ]),
  bend('an org is listed where it has left', PLACEMENT, [
    'db/account/orgs.ts',
    '.where(and(not(isGone), isLiveSide(',
    '.where(and(isLiveSide(',
  ]),
  without('learning a place with its key', PLACEMENT, [
    'db/account/api-keys.ts',
    'else if (row) store.learn(row.orgId, first.name)',
    '',
  ]),
  bend('the cron visits the first database', APART, [
    'jobs.ts',
    'world.store.all.map((home)',
    'world.store.all.slice(0, 1).map((home)',
  ]),
  bend('each database may ask as much as all', APART, [
    'jobs.ts',
    'share: 1 / world.store.all.length',
    'share: 1',
  ]),
  bend('our own hosts are kept in the first database', APART, [
    'account/own-hosts.ts',
    'all.map(({ db })',
    'all.slice(0, 1).map(({ db })',
  ]),
  bend('health asks the first database', DOWN, [
    'api/health.ts',
    'store.all.map(async ({ name: database, db })',
    'store.all.slice(0, 1).map(async ({ name: database, db })',
  ]),
  bend('what could not be noted as dead is acknowledged', DOWN, [
    'delivery/upkeep/dead-letters.ts',
    'if (lost) throw lost.reason',
    '',
  ]),
  bend('whoever signs in waits for the other org’s database', DOWN, [
    'account/sessions.ts',
    'await endSession(world, before).catch((error: unknown) =>',
    'await endSession(world, before).then((error: unknown) =>',
  ]),
]
