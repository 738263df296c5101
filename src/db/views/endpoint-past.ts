// An endpoint's past: its hours, what was done to it meanwhile, what signs for it, and what it may have missed.
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { selectLive, type LiveSecret } from '../account/secrets.ts'
import { statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { deletedEndpoints } from '../schema.ts'
import { readStored } from '../stored-json.ts'
import { transaction } from '../transaction.ts'
import { findNewest, toNewest, type ListedEvent } from './events.ts'
import { countStats, toStats, type Stats } from './stats.ts'

/** Who has done what nobody asked for, as the log has it. */
const SYSTEM = 'system'

/** Entries of the log that are read, the newest, at most. */
const MAX_ENTRIES = 50

/**
 * Something that was done to an endpoint, and when (Unix ms); by whom as the audit log has it, null for the service
 * itself. `switched`: enabled or disabled, of which entries of before do not tell which.
 */
export type Moment = { at: number; kind: MomentKind; actor: string | null }

/** What can be done to an endpoint that its charts may show the effect of. */
export type MomentKind = 'enabled' | 'disabled' | 'switched' | 'rotated' | 'moved'

/** A secret that signs at present; `expiresAt` is null for the newest, which signs on. */
export type SigningSecret = Pick<LiveSecret, 'createdAt' | 'expiresAt'>

/** All of it; `events` are the newest of the org, whoever got them. The newest of each come first. */
export type EndpointPast = {
  stats: Stats
  moments: Moment[]
  secrets: SigningSecret[]
  events: ListedEvent[]
}

type Entry = { at: number; actor: string; action: string; details: string }

type Told = { changed?: string[] | undefined; status?: 'enabled' | 'disabled' | undefined }

const Details: z.ZodType<Told> = z.object({
  changed: z.array(z.string()).optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
})

/** In one round trip; beside what the hours and so many events cost it reads MAX_ENTRIES rows and the endpoint's secrets. */
export async function readEndpointPast(
  db: Database,
  orgId: string,
  endpointId: string,
  { since, now, maxEvents }: { since: number; now: number; maxEvents: number },
): Promise<EndpointPast> {
  const wanted = { since, endpointId }
  const newest = { limit: maxEvents }
  const { entries, secrets, found, ...counted } = await transaction(db, {
    ...countStats(db, orgId, wanted),
    entries: statement<Entry>(
      db,
      sql`SELECT at, actor, action, details FROM audit_log INDEXED BY audit_log_of_endpoints
      WHERE org_id = ${orgId} AND target_type = 'endpoint' AND target_id = ${endpointId}
        AND id >= ${lowestIdAt(since)} ORDER BY id DESC LIMIT ${MAX_ENTRIES}`,
    ),
    found: findNewest(db, orgId, newest),
    secrets: statement<SigningSecret>(
      db,
      sql`SELECT live."createdAt", live."expiresAt"
      FROM (${selectLive({ orgId: sql`${orgId}`, ownerId: sql`${endpointId}` }, now)}) AS live`,
    ),
  })
  return {
    stats: toStats(counted, wanted),
    moments: entries.flatMap(momentsOf),
    secrets,
    events: toNewest(found, newest),
  }
}

/** One entry may tell of two: a change of the URL that also enables. */
function momentsOf({ action, details, at, actor }: Entry): Moment[] {
  const by = actor === SYSTEM ? null : actor
  return kindsOf(action, details).map((kind) => ({ at, kind, actor: by }))
}

function kindsOf(action: string, details: string): MomentKind[] {
  if (action === 'endpoint.rotate_secret') return ['rotated']
  if (action === 'endpoint.disable') return ['disabled']
  if (action !== 'endpoint.update') return []
  const { changed, status } = readStored(details, Details, {})
  const kinds: MomentKind[] = []
  if (changed?.includes('status')) kinds.push(status ?? 'switched')
  if (changed?.includes('url')) kinds.push('moved')
  return kinds
}

/** What is left of a deleted endpoint, or undefined when there is nothing. */
export async function findDeletedEndpoint(db: Database, orgId: string, id: string) {
  const isThis = and(eq(deletedEndpoints.orgId, orgId), eq(deletedEndpoints.id, id))
  const [row] = await db.select().from(deletedEndpoints).where(isThis)
  return row
}
