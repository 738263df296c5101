// The Grafana dashboard is one by the types that Grafana publishes of its schema.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const DASHBOARD = readFileSync('.github/grafana/dashboard.json', 'utf8')

let folder: string
beforeEach(() => {
  // Inside, so that packages are found.
  folder = mkdtempSync(join('node_modules', '.grafana-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** What the compiler says of a dashboard, as a literal, in which it knows each member. */
function findFaults(json: string): string {
  // The one member that is an enumeration of TypeScript's.
  const literal = json.replaceAll('"mode": "absolute"', '"mode": ThresholdsMode.Absolute')
  const file = join(folder, 'dashboard.ts')
  writeFileSync(
    file,
    `import { ThresholdsMode, type Dashboard } from '@grafana/schema'
    export const dashboard: Dashboard = ${literal}`,
  )
  const options =
    '--noEmit --strict --skipLibCheck --ignoreConfig --module nodenext --target es2022'
  try {
    execFileSync('node_modules/.bin/tsc', [...options.split(' '), file], { encoding: 'utf8' })
    return ''
  } catch (error) {
    // What the compiler wrote.
    return String((error as { stdout?: string }).stdout)
  }
}

it('has the members of a dashboard, and no others', () => {
  expect(findFaults(DASHBOARD)).toBe('')
  expect(findFaults(DASHBOARD.replace('"graphTooltip"', '"tooltip"'))).toContain('"tooltip"')
  expect(findFaults(DASHBOARD.replace('"gridPos"', '"place"'))).toContain('"place"')
})
