// What a command prints: tables for people, JSON for programs.
import { styleText } from 'node:util'
import Table from 'cli-table3'

type Style = Parameters<typeof styleText>[0]

/** Colours by what a word says. */
const STYLES: Record<string, Style> = {
  delivered: 'green',
  enabled: 'green',
  completed: 'green',
  running: 'cyan',
  pending: 'yellow',
  paused: 'yellow',
  exhausted: 'red',
  disabled: 'red',
  failed: 'red',
}

/** Prints for a person or, with `--json`, for a program. */
export type Output = {
  isJson: boolean
  /** A value as JSON, or else the lines. */
  show: (value: unknown, lines: () => string) => void
  /** One of many that come one by one: with --json a value a line, which programs read as it comes. */
  line: (value: unknown, line: () => string) => void
  /** Something about what is done, which is no result. */
  note: (text: string) => void
  /** Something that goes wrong and ends nothing; a program's user is told, too. */
  warn: (text: string) => void
}

/** Makes it. Results go to the standard output, and notes to the other, so that pipes get results alone. */
export function createOutput(isJson: boolean): Output {
  return {
    isJson,
    show(value, lines) {
      console.log(isJson ? JSON.stringify(value, null, 2) : lines())
    },
    line(value, line) {
      console.log(isJson ? JSON.stringify(value) : line())
    },
    note(text) {
      if (!isJson) console.error(text)
    },
    warn(text) {
      console.error(text)
    },
  }
}

/** A word in the colour of what it says, where colours are wanted. */
export function word(text: string): string {
  return paint(STYLES[text] ?? 'reset', text)
}

/** A text in a style: plain in a pipe, and with NO_COLOR. */
function paint(style: Style, text: string): string {
  // Node 20 looks at neither by itself. The launcher sets it where the output is no terminal.
  return process.env['NO_COLOR'] ? text : styleText(style, text, { stream: process.stdout })
}

/** Rows under their heads. */
export function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return 'Nothing matches.'
  const lines = new Table({
    head: heads.map((head) => paint('bold', head)),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  lines.push(...rows)
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

/** Names and values, one a line. */
export function pairs(members: [name: string, value: unknown][]): string {
  const width = Math.max(...members.map(([name]) => name.length))
  return members
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${paint('bold', name.padEnd(width))}  ${word(String(value))}`)
    .join('\n')
}
