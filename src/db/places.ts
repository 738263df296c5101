// Which database each org is in, as an isolate has learnt it of the catalog.
import { BoundedMap } from '../bounded-map.ts'
import { AppError } from '../errors.ts'
import { findPlacements } from './catalog.ts'
import type { Database } from './client.ts'

/** A database with the name of its binding. */
export type Home = { name: string; db: Database }

/** What is known of where orgs are; it may be old, and is asked anew when an org is gone from there. */
export class Places {
  readonly #catalog: Database
  readonly #homes: Map<string, Home>
  readonly #first: string
  /** The one that was asked for longest ago makes room. */
  readonly #known = new BoundedMap<Home>()

  /** Nothing is known at first. The first of the databases has the catalog. */
  constructor(all: readonly [Home, ...Home[]]) {
    const [first] = all
    this.#first = first.name
    this.#catalog = first.db
    this.#homes = new Map(all.map((home) => [home.name, home]))
  }

  /** @throws AppError `unavailable` when it is not known, and the catalog is out of reach. */
  async homeOf(orgId: string): Promise<Home> {
    await this.find([orgId])
    const home = this.recall(orgId)
    if (!home) throw unavailable()
    return home
  }

  /** Asks for all that are not known, in one read. @throws the same. */
  async find(orgIds: string[]): Promise<void> {
    const unknown = [...new Set(orgIds)].filter((orgId) => !this.#known.has(orgId))
    if (unknown.length === 0) return
    const placements = await findPlacements(this.#catalog, unknown).catch((error: unknown) => {
      throw unavailable(error)
    })
    const named = unknown.map((orgId) => ({ orgId, name: placements.get(orgId) ?? this.#first }))
    // What is not configured comes last, so that it costs the others nothing.
    const rank = ({ name }: { name: string }) => (this.#homes.has(name) ? 0 : 1)
    for (const { orgId, name } of named.toSorted((a, b) => rank(a) - rank(b))) {
      this.learn(orgId, name)
    }
  }

  /** Where an org is known to be. */
  recall(orgId: string): Home | undefined {
    const home = this.#known.get(orgId)
    if (home) this.#known.set(orgId, home)
    return home
  }

  /** Notes where an org is. @throws AppError `misconfigured` when there is no such database. */
  learn(orgId: string, database: string): void {
    const home = this.#homes.get(database)
    if (!home) throw unknownDatabase(database)
    this.#known.set(orgId, home)
  }

  /** For orgs that are not where they were thought to be. */
  forget(orgIds: readonly string[]): void {
    for (const orgId of orgIds) this.#known.delete(orgId)
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError('unavailable', { headers: { 'Retry-After': '2' }, cause })
}

function unknownDatabase(name: string): AppError {
  const cause = new Error(`Configuration: DATABASES: ${name} is missing, and orgs are in it`)
  return new AppError('misconfigured', { cause })
}
