// Databases that are out of reach for a while.
import { DATABASES, type DatabaseName, type Restore } from '../outside/backend.ts'
import type { Clock } from '../outside/clock.ts'
import type { Actor } from './history.ts'

/** A database that is down is so for so many ms. */
export const DOWN_MS = 120_000

/** Which are down, and until when. */
export class Outages {
  readonly #clock: Clock
  #until = new Map<DatabaseName, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes one down; they are counted from 1. */
  begin(place: number): void {
    const database = DATABASES[(place - 1) % DATABASES.length] ?? 'DB'
    this.#until.set(database, this.#clock.now + DOWN_MS)
  }

  /** The fault that a call suffers because its database is down. */
  faultOf(actor: Actor, database: DatabaseName | undefined): string | undefined {
    if (!database || this.#clock.now >= (this.#until.get(database) ?? 0)) return undefined
    actor.faults += 1
    return 'refused'
  }

  save(): Restore {
    const until = new Map(this.#until)
    return () => {
      this.#until = new Map(until)
    }
  }
}
