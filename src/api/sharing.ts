// How a request at the door joins a group of its caller's.
import type { Context } from 'hono'
import type { Groups, Share } from '../world.ts'
import type { ApiEnv } from './http/context.ts'

/** Requests of one caller share their transaction, which asks for its key in the place of each (X4). */
export function shareOf<Item, Result>(
  c: Context<ApiEnv>,
  groups: Groups<Item, Result>,
): Share<Item, Result> {
  const { line, leaveAskingTo } = c.get('caller')
  const share = groups.sharing(c.get('world'), line)
  return (item, work, goOn) => {
    const answer = share(item, work, goOn)
    leaveAskingTo(answer)
    return answer
  }
}
