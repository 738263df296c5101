// Completion in each shell that is on the machine: its own code, with the script that the command line prints.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url).href)

const place = mkdtempSync(join(tmpdir(), 'completion-'))
const PATH = [place, process.env['PATH']].join(delimiter)

beforeAll(() => {
  const command = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`
  writeFileSync(join(place, 'callingbox-webhooks'), command, { mode: 0o755 })
})
afterAll(() => rmSync(place, { recursive: true }))

/** What each shell is told, so that it prints what it would offer behind the words in $line. */
const SHELLS: Record<string, string> = {
  bash: `
    source "$script"
    COMP_WORDS=(callingbox-webhooks $line "$last"); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
    compopt() { :; }
    __callingbox_webhooks_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `
    compdef() { : }
    _describe() { print -rl -- "\${completions[@]}" }
    source "$script"
    words=(callingbox-webhooks \${=line} "$last"); CURRENT=\${#words}
    _callingbox-webhooks`,
  fish: `
    source "$script"
    complete --do-complete "callingbox-webhooks $line $last"`,
}

const LINES = [
  { line: '', last: 'ev', offered: ['events'] },
  { line: 'endpoints', last: '', offered: ['create', 'delete', 'list', 'rotate'] },
  { line: 'deliveries list', last: '--s', offered: ['--since', '--status'] },
]

describe.each(Object.keys(SHELLS))('%s', (shell) => {
  const isThere = spawnSync(shell, ['-c', ':']).status === 0
  const script = join(place, `script.${shell}`)
  beforeAll(() => writeFileSync(script, run('callingbox-webhooks', ['complete', shell])))

  it.skipIf(!isThere).for(LINES)('completes “$line $last”', ({ line, last, offered }) => {
    const shown = run(shell, ['-c', SHELLS[shell] ?? ''], { line, last, script })
    const names = shown.split('\n').map((text) => text.split(/[\t: ]/)[0] ?? '')
    // What does not begin so zsh leaves to its own _describe.
    const fitting = names.filter((name) => name !== '' && name.startsWith(last))
    expect(fitting.toSorted()).toEqual(expect.arrayContaining(offered))
    expect(fitting).not.toContain('login')
  })
})

function run(command: string, words: string[], more: Record<string, string> = {}): string {
  const env = { ...process.env, PATH, HOME: place, ...more }
  return execFileSync(command, words, { encoding: 'utf8', env })
}
