// The page of the command line names every command of each group, and what takes something away from an endpoint.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CommandDef } from 'citty'
import { expect, it } from 'vitest'
import { deliveries } from '../../src/cli/deliveries.ts'
import { endpoints } from '../../src/cli/endpoints.ts'
import { events } from '../../src/cli/events.ts'
import { replays } from '../../src/cli/replays.ts'

const PAGE = readFileSync(
  fileURLToPath(new URL('../../src/cli/README.md', import.meta.url).href),
  'utf8',
)

const GROUPS = { deliveries, endpoints, events, replays }

it.each(Object.entries(GROUPS))('names every command of %s', (name, group) => {
  const rows = [...PAGE.matchAll(/^\| (`[^|]+) *\|/gm)].map(([, commands = '']) => commands)
  const own = rows.filter((commands) => commands.startsWith(`\`${name} `)).join(', ')
  const told = [...own.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one.replace(`${name} `, ''))
  expect(told.toSorted()).toEqual(Object.keys(commandsOf(group)).toSorted())
})

it('names every flag that takes something away', () => {
  const flags = Object.keys(commandsOf(endpoints)['update']?.args ?? {})
  const clearing = flags.filter((flag) => flag.startsWith('clear-'))
  expect(clearing.length).toBeGreaterThan(5)
  for (const flag of clearing) expect(PAGE).toContain(`\`--${flag}\``)
})

function commandsOf(group: CommandDef): Record<string, CommandDef> {
  // Ours are given as they are, not as promises.
  return group.subCommands as Record<string, CommandDef>
}
