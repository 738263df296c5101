// Looks at what others wrote and we ship: `npm run supply-chain`. Licences, a bill of materials, known holes.
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { listShipped, type Shipped } from './shipped.ts'

/** Licences that ask for nothing but to be named. */
const PERMISSIVE = new Set(['MIT', 'Apache-2.0', 'BSD-0-Clause', '0BSD', 'ISC', 'BSD-3-Clause'])

const LIST = '.github/LICENCES.md'
const BILL = 'dist/sbom.cdx.json'

/** A package of the bill. https://cyclonedx.org/docs/1.5/json/#components */
type Component = { name: string; version: string; hashes?: { alg: string }[] }

const shipped = await listShipped()
const faults = [
  ...licenceFaults(shipped),
  ...(await listFaults(shipped)),
  ...(await billFaults(shipped)),
]
console.log(
  askForHoles(
    shipped.map(({ name }) => name),
    faults,
  ),
)
for (const fault of faults) console.log(`FAULT  ${fault}`)
console.log(`${shipped.length} packages are shipped, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1

function licenceFaults(all: Shipped[]): string[] {
  return all
    .filter(({ licence }) => !PERMISSIVE.has(licence))
    .map(({ name, licence }) => `${name} has the licence ${licence}: may we ship it?`)
}

/** The list has a row for each, as it is, and no other. */
async function listFaults(all: Shipped[]): Promise<string[]> {
  const rows = all.map(({ name, licence, into }) => `${name} | ${licence} | ${into.join(', ')}`)
  const list = await readFile(LIST, 'utf8')
  const listed = [...list.matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm)].map((cells) =>
    cells.slice(1).join(' | '),
  )
  const missing = rows.filter((row) => !listed.includes(row))
  const surplus = listed.filter((row) => !rows.includes(row))
  return [
    ...missing.map((row) => `${LIST} has no row: ${row}`),
    ...surplus.map((row) => `${LIST} has a row too many: ${row}`),
  ]
}

/** Writes the bill of all that is installed; what is shipped has to be in it, with its bytes' digest. */
async function billFaults(all: Shipped[]): Promise<string[]> {
  const asked = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const { status, stdout, stderr } = spawnSync('npm', asked, { encoding: 'utf8', maxBuffer: 1e8 })
  if (status !== 0) return [`npm sbom failed: ${stderr}`]
  await mkdir('dist', { recursive: true })
  await writeFile(BILL, stdout)
  const { components } = JSON.parse(stdout) as { components: Component[] }
  console.log(`${BILL}: ${components.length} packages`)
  const isIn = ({ name, version }: Shipped): boolean =>
    components.some(
      (one) => one.name === name && one.version === version && one.hashes?.[0]?.alg === 'SHA-512',
    )
  return all.filter((one) => !isIn(one)).map(({ name }) => `${name} is not in ${BILL}`)
}

/** Asks the registry for known holes. Not every registry answers that, and one that does not is no fault. */
function askForHoles(names: string[], found: string[]): string {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', maxBuffer: 1e8 })
  const answer = JSON.parse(stdout || '{}') as {
    vulnerabilities?: Record<string, { severity: string }>
  }
  if (!answer.vulnerabilities) return 'npm audit: this registry does not answer it'
  const holes = Object.entries(answer.vulnerabilities)
  for (const [name, { severity }] of holes) {
    if (names.includes(name))
      found.push(`${name} is shipped and has a known hole (${severity}): npm audit`)
  }
  return `npm audit: ${holes.length} of all that is installed have known holes`
}
