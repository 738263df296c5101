// Commands that fill a page which is empty: with the real origin, to be pasted once the key is in its place.
import { CopyBlock } from './copy.tsx'

const DAY_MS = 86_400_000

const EVENT = '{"type":"call.completed","call":{"id":"4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10"}}'
const ENDPOINT = '{"url":"https://example.com/webhooks"}'

/** Sends an event to the service at `origin`. */
export function SendEvent({ origin }: { origin: string }) {
  const text = writeCommand(`${origin}/v1/events`, EVENT)
  return <CopyBlock id="send-event" label="Command to send an event" text={text} />
}

/** Creates an endpoint. */
export function CreateEndpoint({ origin }: { origin: string }) {
  const text = writeCommand(`${origin}/v1/webhook_endpoints`, ENDPOINT)
  return <CopyBlock id="create-endpoint" label="Command to create an endpoint" text={text} />
}

/** Tells what a replay of the last day would send; without `dry_run` it is sent. */
export function PlanReplay({ origin, now }: { origin: string; now: number }) {
  const from = new Date(now - DAY_MS).toISOString()
  const body = JSON.stringify({
    filter: { created_after: from, status: ['exhausted'] },
    dry_run: true,
  })
  const text = writeCommand(`${origin}/v1/webhook_replays`, body)
  return <CopyBlock id="plan-replay" label="Command to plan a replay" text={text} />
}

/** For a POSIX shell. A host may have a quote in it, as a browser reads addresses. */
function writeCommand(url: string, body: string): string {
  return [
    `curl ${quote(url)}`,
    `-H 'Authorization: Bearer sk_…'`,
    `-H 'Content-Type: application/json'`,
    `-d ${quote(body)}`,
  ].join(' \\\n  ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
