// Ticks the Worker's cron each minute, which `wrangler dev` does not do.
const PERIOD_MS = 60_000
const TIMEOUT_MS = 30_000

/** Ticks once now, awaited, and then every minute for as long as the process lives. */
export async function startCron(apiUrl: string): Promise<void> {
  await tick(apiUrl)
  setInterval(() => void tick(apiUrl), PERIOD_MS)
}

async function tick(apiUrl: string): Promise<void> {
  try {
    const response = await fetch(`${apiUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) console.error(`The cron's tick answered ${response.status}.`)
  } catch (error) {
    console.error(`The cron's tick failed: ${String(error)}`)
  }
}
