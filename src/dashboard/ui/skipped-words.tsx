// Why a destination got no delivery of an event, in words.
import type { Skipped } from '../../db/skipped.ts'
import { Copyable } from './copy.tsx'

/** A sentence for one that was skipped when an event of that type came. */
export function WhySkipped({ skipped, type }: { skipped: Skipped; type: string }) {
  if (skipped.reason === 'filtered') {
    return (
      <>
        Its filter did not let it through: <code>{skipped.message}</code>.
      </>
    )
  }
  if (skipped.reason === 'invalid_url') {
    // It went with the payload whose it was.
    if (skipped.url === '') return <>{skipped.message}</>
    return (
      <>
        {skipped.message} (<Copyable what="URL" text={skipped.url} />)
      </>
    )
  }
  if (skipped.reason === 'disabled') return <>It was disabled when the event came.</>
  return <>It did not take {type} when the event came.</>
}
