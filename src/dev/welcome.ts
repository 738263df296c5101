// What is printed when everything runs: where it is, and lines to paste.
import { randomUUID } from 'node:crypto'

/** The URLs and the key to show; no receiver with `--no-receiver`. */
export type Welcome = {
  apiUrl: string
  key: string
  orgId: string
  receiverUrl: string | undefined
}

/** The text for the terminal: every indented line below a sentence can be pasted as it stands. */
export function writeWelcome({ apiUrl, key, orgId, receiverUrl }: Welcome): string {
  const event = JSON.stringify({
    type: 'call.completed',
    call: { id: randomUUID(), to_number: '+14155550100', status: 'completed' },
  })
  const auth = `-H 'Authorization: Bearer ${key}'`
  const lines = [
    '',
    `  API        ${apiUrl}`,
    `  Key        ${key}`,
    `  Org        ${orgId} (Local)`,
    `  Dashboard  ${apiUrl}/dashboard, where the key signs you in`,
    `  Docs       ${apiUrl}/docs`,
    ...(receiverUrl ? [`  Receiver   ${receiverUrl}`] : []),
    '',
    'In a second terminal, for the commands of the docs and the README:',
    '',
    `  export URL=${apiUrl} KEY=${key}`,
    '',
    ...(receiverUrl ? [] : endpointLines(apiUrl, auth)),
    receiverUrl ? 'Send an event; its webhook is printed here when it arrives:' : 'Send an event:',
    '',
    `  curl ${apiUrl}/v1/events \\`,
    `    ${auth} \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '${event}'`,
    '',
    'Redeliver the newest webhook:',
    '',
    `  curl -X POST ${auth} \\`,
    `    "${apiUrl}/v1/webhook_deliveries/$(`,
    `      curl -s '${apiUrl}/v1/webhook_deliveries?limit=1' ${auth} |`,
    "        grep -oE '[0-9a-f-]{36}' | head -1)/redeliver\"",
    '',
    ...(receiverUrl ? failLines(new URL(receiverUrl).origin) : []),
    'Ctrl-C stops everything.',
    '',
  ]
  return lines.join('\n')
}

/** Without one, an event goes nowhere. */
function endpointLines(apiUrl: string, auth: string): string[] {
  return [
    'Let webhooks go to a receiver of your own:',
    '',
    `  curl ${apiUrl}/v1/webhook_endpoints \\`,
    `    ${auth} \\`,
    "    -H 'Content-Type: application/json' \\",
    `    -d '{"url":"http://localhost:3000/webhooks"}'`,
    '',
  ]
}

function failLines(origin: string): string[] {
  return ['Let the next three webhooks fail:', '', `  curl -X POST '${origin}/_fail?times=3'`, '']
}
