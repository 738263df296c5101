// Scale: the same load on one, two and four databases, and what is left of it for the busiest of them.
import { asFastAsPossible } from '../harness/load.ts'
import type { Cell, Finding } from '../harness/report.ts'
import { expectOk, sendEvent, type Accepted } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import type { DatabaseUse } from '../worker/reading.ts'

const ARRIVES_WITHIN_MS = 120_000
const WIDTH = 32
const DATABASES = [1, 2, 4]

/** Orgs, each with one endpoint: two for each of the four databases. */
const ORGS = 8

/** Events, and deliveries of theirs that are asked for once more, by which sets of mixed orgs come about. */
const LOAD = { full: { events: 1600, redeliveries: 400 }, quick: { events: 240, redeliveries: 80 } }

/** Laid into a database with each org that it gets, so that the next one goes elsewhere. */
const BALLAST_BYTES = 262_144

/** What one part of the load took, for each event or redelivery, and the busiest database's shares. */
type Used = { calls: number; rows: number; callsShare: number; rowsShare: number }

type Measured = { databases: number; events: Used; redeliveries: Used }

/** Puts the load on stages of so many databases. */
export async function scale(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const { events, redeliveries } = LOAD[isQuick ? 'quick' : 'full']
  const measured: Measured[] = []
  for (const databases of DATABASES) {
    const stage = await open({ databases })
    const tenants = await spreadTenants(stage)
    await accept(stage, tenants, ORGS)
    const accepted: Accepted[] = []
    const forEvents = await measure(stage, events, async () => {
      accepted.push(...(await accept(stage, tenants, events)))
    })
    const forRedeliveries = await measure(stage, redeliveries, () =>
      redeliver(stage, tenants, accepted.slice(0, redeliveries)),
    )
    measured.push({ databases, events: forEvents, redeliveries: forRedeliveries })
  }
  return present(measured)
}

/** A new org goes where there is most room, which is asked of the databases. */
async function spreadTenants(stage: Stage): Promise<Tenant[]> {
  const tenants: Tenant[] = []
  for (let place = 0; place < ORGS; place += 1) {
    const tenant = await stage.addTenant(`org${place}`, 1)
    tenants.push(tenant)
    const [placed] = await stage.sql('SELECT database FROM placements WHERE org_id = ?', tenant.id)
    const database = placed ? String(placed['database']) : 'DB'
    const run = (query: string) => stage.control('sql', { query, params: [], database })
    await run('CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)')
    await run(`INSERT INTO ballast VALUES (zeroblob(${BALLAST_BYTES}))`)
  }
  return tenants
}

async function accept(stage: Stage, tenants: Tenant[], events: number): Promise<Accepted[]> {
  const accepted: Accepted[] = []
  await asFastAsPossible(WIDTH, events, async (place) => {
    accepted[place] = await sendEvent(stage.client, tenantAt(tenants, place))
  })
  await stage.receiver.takeUntil(events, ARRIVES_WITHIN_MS)
  return accepted
}

/** `accepted` are events in the order in which the tenants took turns. */
async function redeliver(stage: Stage, tenants: Tenant[], accepted: Accepted[]): Promise<void> {
  await asFastAsPossible(WIDTH, accepted.length, async (place) => {
    const [id] = accepted[place]?.deliveries ?? []
    const token = tenantAt(tenants, place).key
    await expectOk(stage.client('POST', `/v1/webhook_deliveries/${id}/redeliver`, { token }))
  })
  await stage.receiver.takeUntil(accepted.length, ARRIVES_WITHIN_MS)
}

function tenantAt(tenants: Tenant[], place: number): Tenant {
  const tenant = tenants[place % tenants.length]
  if (!tenant) throw new Error('there are tenants')
  return tenant
}

async function measure(stage: Stage, count: number, work: () => Promise<void>): Promise<Used> {
  await stage.settle()
  await stage.readMeter()
  await work()
  await stage.settle()
  const uses = Object.values((await stage.readMeter()).databases)
  const sum = (of: keyof DatabaseUse) => uses.reduce((total, use) => total + use[of], 0)
  const share = (of: keyof DatabaseUse) => Math.max(...uses.map((use) => use[of])) / sum(of)
  return {
    calls: sum('roundTrips') / count,
    rows: sum('rowsWritten') / count,
    callsShare: share('roundTrips'),
    rowsShare: share('rowsWritten'),
  }
}

function present(measured: Measured[]): Finding {
  const [one] = measured
  const most = measured.at(-1)
  if (!one || !most) throw new Error('each was measured')
  return {
    scenario: 'Scale',
    note:
      `${ORGS} orgs with an endpoint each, ${WIDTH} requests at once, orgs in turn: single events, and ` +
      'redeliveries, whose sets are of mixed orgs. D1 calls and rows written for each, its delivery ' +
      'included, and how much of either falls to the busiest database. What follows for ' +
      '10,000 events a second is in `SCALE.md`.',
    columns: [
      'databases',
      'D1 calls an event',
      'busiest',
      'rows an event',
      'busiest',
      'D1 calls a redelivery',
      'busiest',
      'rows a redelivery',
      'busiest',
    ],
    plot: {
      title: 'D1 calls to the busiest database, of all, by how many databases',
      names: 1,
      values: { events: 2, redeliveries: 6 },
    },
    rows: measured.map(({ databases, events, redeliveries }): Cell[] => [
      databases,
      ...[events, redeliveries].flatMap((used) => [
        used.calls,
        used.callsShare,
        used.rows,
        used.rowsShare,
      ]),
    ]),
    figures: measured.map(({ databases, events }) => ({
      name: `rows an event, ${databases} databases`,
      rounds: [events.rows],
      isCount: true,
    })),
    targets: [
      {
        name: `rows written an event on ${most.databases} databases, × on one`,
        limit: 1.01,
        isCount: true,
        value: most.events.rows / one.events.rows,
      },
      {
        name: `rows written in the busiest of ${most.databases} databases, of all`,
        limit: 1.2 / most.databases,
        isCount: true,
        value: most.events.rowsShare,
      },
      {
        name: `D1 calls to the busiest of ${most.databases} databases, of all`,
        limit: 1.6 / most.databases,
        value: most.events.callsShare,
      },
    ],
  }
}
