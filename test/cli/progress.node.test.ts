// How long commands say how far they are: to a terminal, and to a pipe.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WriteStream } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { Progress } from '../../src/cli/progress.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)

/** The programs of this project that are soon over, or never; and those that tell each step as they take it. */
const OTHERS = new Set(
  `dev lint:api supply-chain deploy destroy rollback backup restore upgrade-test deploy:walk backup:walk`.split(
    ' ',
  ),
)

/** What `npm run` starts with Node, by its name. */
const SCRIPTS = Object.entries(packageJson.scripts).flatMap(([name, command]) => {
  const [, file] = /^node .*?((?:src|test)\/\S+\.ts)/.exec(command) ?? []
  return file === undefined || OTHERS.has(name) ? [] : [{ name, file }]
})

/** A standard error that keeps what it gets, ␛ for escapes: of a terminal so wide, or of a pipe. */
function openStream(columns?: number): { stream: NodeJS.WriteStream; text: () => string } {
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
    return true
  }
  const isTTY = columns !== undefined
  const stream = Object.assign(Object.create(WriteStream.prototype), { isTTY, columns, write })
  return { stream, text: () => written.join('').replaceAll('\u001B', '␛') }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('in a pipe', () => {
  it('tells in a line each half minute how far it is and how long it still takes', () => {
    const { stream, text } = openStream()
    const progress = new Progress(10, 'the first', { unit: 'mutants', stream })
    vi.advanceTimersByTime(20_000)
    progress.advance('the second')
    vi.advanceTimersByTime(9_999)
    expect(text()).toBe('')
    vi.advanceTimersByTime(1)
    expect(text()).toBe('15 %, 3 min left, 1 of 10 mutants, the second\n')
    vi.advanceTimersByTime(30_000)
    expect(text().split('\n')[1]).toBe('20 %, 3 min left, 1 of 10 mutants, the second')
    progress.stop()
    vi.advanceTimersByTime(60_000)
    expect(text().split('\n')).toHaveLength(3)
  })

  it('tells nothing of what is soon over', () => {
    const { stream, text } = openStream()
    const progress = new Progress(2, 'one', { stream })
    vi.advanceTimersByTime(29_000)
    progress.advance()
    progress.stop()
    expect(text()).toBe('')
  })

  it('tells, as on a terminal, where the work leaves no timer its turn', () => {
    const { stream, text } = openStream()
    const progress = new Progress(100, 'schedules', { stream })
    const terminal = openStream(80)
    const shown = new Progress(100, 'schedules', { stream: terminal.stream })
    vi.spyOn(performance, 'now').mockReturnValue(40_000)
    for (const one of [progress, shown]) one.to(50)
    expect(text()).toBe('50 %, 40 s left, schedules\n')
    expect(terminal.text()).toContain('50 %, 40 s left, schedules')
    for (const one of [progress, shown]) one.stop()
  })

  it.each([
    { total: 4, done: 3, ms: 600_000, left: '4 min left' },
    { total: 4, done: 2, ms: 30_000, left: '30 s left' },
    { total: 4, done: 4, ms: 30_000, left: 'nearly done' },
  ])('says $left after $done of $total in $ms ms', ({ total, done, ms, left }) => {
    const { stream, text } = openStream()
    const progress = new Progress(total, 'x', { stream })
    vi.spyOn(performance, 'now').mockReturnValue(ms)
    progress.to(done)
    expect(text()).toMatch(new RegExp(`^\\d+ %, ${left}, x\n$`))
    progress.stop()
  })

  it('goes by its own time where part of it was done before', () => {
    const { stream, text } = openStream()
    const progress = new Progress(100, 'x', { done: 80, unit: 'deliveries', stream })
    vi.spyOn(performance, 'now').mockReturnValue(30_000)
    progress.to(90)
    expect(text()).toBe('90 %, 30 s left, 90 of 100 deliveries, x\n')
    progress.stop()
  })

  it('knows from the beginning how long it takes when that is known', () => {
    const { stream, text } = openStream()
    const progress = new Progress(300, 'throughput', { paceMs: 1000, stream })
    progress.to(0, 'throughput', 115)
    vi.advanceTimersByTime(30_000)
    expect(text()).toBe('10 %, 5 min left, throughput\n')
    // It takes longer than it should: what comes after it has not begun.
    vi.advanceTimersByTime(150_000)
    expect(text().split('\n').at(-2)).toBe('38 %, 4 min left, throughput')
    progress.stop()
  })
})

describe('on a terminal', () => {
  it('draws a bar, which goes on by itself up to the end of what is being done', () => {
    const { stream, text } = openStream(80)
    const progress = new Progress(4, 'cost', { paceMs: 10_000, stream })
    vi.advanceTimersByTime(10_000)
    expect(text()).toContain('######------------------ 25 %, 30 s left, cost')
    vi.advanceTimersByTime(20_000)
    expect(text()).toContain('25 %, 30 s left, cost')
    expect(text()).not.toMatch(/26 %/)
    progress.stop()
  })

  it('stays on one line of it', () => {
    const { stream, text } = openStream(30)
    const progress = new Progress(4, 'a name that is longer than all there is', { stream })
    vi.advanceTimersByTime(1000)
    progress.stop()
    const drawn = text().split(/␛\[[\d?;]*[A-Za-z]/)
    expect(Math.max(...drawn.map(({ length }) => length))).toBe(30)
    expect(text()).not.toContain('\n')
  })

  it('prints results above it, and is gone when it is over', () => {
    const { stream, text } = openStream(80)
    const log = vi.spyOn(console, 'log').mockImplementation((line) => stream.write(`${line}\n`))
    const progress = new Progress(4, 'cost', { stream })
    vi.advanceTimersByTime(1000)
    progress.print('a table')
    expect(log).toHaveBeenCalledWith('a table')
    expect(text()).toMatch(/\r␛\[Ka table\n(?:␛\[1G)+-{24} 0 %, cost␛\[0K$/)
    progress.stop()
    expect(text()).toMatch(/␛\[1G␛\[0J$/)
  })

  it('has no colour, and lets Ctrl-C end the command', () => {
    const { stream, text } = openStream(80)
    const listeners = process.listenerCount('SIGINT')
    const progress = new Progress(4, 'cost', { stream })
    vi.advanceTimersByTime(1000)
    expect(process.listenerCount('SIGINT')).toBe(listeners)
    // What a kill would leave switched off: the cursor, and the breaking of lines.
    expect(text()).not.toMatch(/␛\[[\d;]*m|␛\[\?/)
    progress.stop()
  })
})

describe('npm run', () => {
  it.each(SCRIPTS)('$name says how far it is', ({ file }) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toMatch(/= (?:new Progress|createTally)\(/)
  })
})
