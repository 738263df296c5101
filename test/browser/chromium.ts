// The browser of the machine, and the ways in which pages are looked at.
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core'

/** Where distributions put it; CHROMIUM names another place. */
const PLACES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** What to say where there is no browser. */
export const HOW_TO_INSTALL =
  'There is no Chromium here. On Debian: apt-get update && apt-get install -y chromium. ' +
  'One that is elsewhere is named by CHROMIUM=/path/to/chromium.'

/** How each page is looked at. */
export const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const satisfies Record<string, BrowserContextOptions>

/** Starts the browser; undefined when the machine has none. */
export async function startBrowser(): Promise<Browser | undefined> {
  const executablePath = PLACES.find((place) => place !== '' && existsSync(place))
  if (executablePath === undefined) return undefined
  return chromium.launch({ executablePath, args: FLAGS })
}
