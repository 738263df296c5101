// What the invocations of one isolate have together, and who of them did what for whom.
import { BoundedMap } from '../../../src/bounded-map.ts'
import type { Outcomes } from '../../../src/db/lifecycle/record.ts'
import { createIntakeGroups } from '../../../src/delivery/accept.ts'
import { createHosts } from '../../../src/delivery/attempt/host-turns.ts'
import { countRoom } from '../../../src/delivery/attempt/room.ts'
import { countShares } from '../../../src/delivery/share.ts'
import { createRecordGroups } from '../../../src/delivery/record.ts'
import { createRedeliveryGroups } from '../../../src/delivery/redeliver.ts'
import { Meters } from '../../../src/metrics.ts'
import type {
  Isolate as EngineIsolate,
  RoomTaking,
  Share,
  TakeRoom,
  TakeShare,
  Untold,
} from '../../../src/world.ts'
import type { Actor, Member, MessageRef } from './history.ts'
import type { World } from './world.ts'

/** An isolate: requests that arrive together are stored together, and what came of attempts is recorded so. */
export class Isolate {
  readonly intake = createIntakeGroups()
  readonly redeliveries = createRedeliveryGroups()
  /** Whose process it is: no other dies with it. */
  readonly served = new Set<Actor>()
  readonly #records = createRecordGroups()
  readonly #members = new Map<Outcomes, Member>()
  readonly #name: string
  readonly #takeRoom: TakeRoom
  readonly #takeShare: TakeShare
  readonly #untold: Untold = { successes: [], since: 0 }
  readonly #hosts = createHosts()
  readonly #meters = new Meters()

  constructor({ clock, history, schedule }: World, role: Actor['role']) {
    const now = () => clock.now
    this.#name = `${role}, begun at ${now()} after ${history.tx}`
    this.#takeRoom = countRoom(now, schedule.room)
    this.#takeShare = countShares(now, schedule.share)
  }

  /** As one of its invocations sees it. */
  serve(world: World, actor: Actor): EngineIsolate {
    this.served.add(actor)
    return {
      takeRoom: (wanted) => {
        const { taken, leave } = this.#takeRoom(wanted)
        if (taken.length > 0) begin(world, actor, taken)
        return { taken, leave: () => (leave(), end(world, actor)) }
      },
      takeShare: (orgId, lane) => {
        const isTaken = this.#takeShare(orgId, lane)
        const { clock, history } = world
        const asked = { tx: history.tx, at: clock.now, actor, isolate: this.#name, lane }
        history.shares.push({ ...asked, isTaken })
        return isTaken
      },
      records: {
        sharing: (engine, line) => this.#watched(world, actor, this.#records.sharing(engine, line)),
      },
      untold: this.#untold,
      hosts: this.#hosts,
      shutOut: new BoundedMap(),
      countEvents: () => Promise.resolve(true),
      ownQuotas: new BoundedMap(),
      filters: new BoundedMap(),
      ordered: new BoundedMap(),
      meters: this.#meters,
    }
  }

  #watched(
    { history, clock }: World,
    actor: Actor,
    share: Share<Outcomes, string[]>,
  ): Share<Outcomes, string[]> {
    return async (outcomes, work) => {
      this.#members.set(outcomes, { actor, askedAt: clock.now })
      actor.writesAt ??= clock.now
      try {
        return await share(outcomes, (all) => {
          const members = all.flatMap((one) => this.#members.get(one) ?? [])
          history.led.push({ tx: history.tx, leader: actor, members })
          return work(all)
        })
      } catch (error) {
        actor.isLetDown = true
        throw error
      }
    }
  }
}

/** A request attempts what it had stored: it knows what it is to send from that transaction. */
function begin({ history, clock }: World, actor: Actor, taken: RoomTaking[]): void {
  // These are deliveries, which have an id and a version.
  actor.messages = (taken as (RoomTaking & MessageRef)[]).map(({ id, version }) => ({
    id,
    version,
  }))
  actor.lane = 'fresh'
  actor.beganAt = clock.now
  const [first] = actor.messages
  const stored = history.changes.find(({ id }) => id === first?.id)
  actor.readTx = stored?.tx ?? 0
  actor.readAt = stored?.at ?? clock.now
}

/** Its last attempt is over. */
function end({ clock }: World, actor: Actor): void {
  if (!actor.isDead && actor.beganAt !== undefined) actor.end = { how: 'returned', at: clock.now }
}
