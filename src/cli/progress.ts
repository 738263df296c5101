// How far something long is, and how long it still takes: a bar on a terminal, a line now and then elsewhere.
import { MultiBar } from 'cli-progress'

/** Elsewhere than on a terminal, a line in so many ms at most. */
const LINE_EVERY_MS = 30_000

const REDRAW_EVERY_MS = 250
const BAR_LENGTH = 24
const MINUTE_MS = 60_000

/** What a text is written to, such as `process.stderr`. */
type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>

/** What is known of the work before it begins, and where it is shown. */
export type Expected = {
  /** How long one of the total takes, in ms; without it that is known when the first is done. */
  paceMs?: number | undefined
  /** So much was done before; 0 by default. */
  done?: number | undefined
  /** What the total counts, such as “mutants”; without it only the share is told. */
  unit?: string | undefined
  /** Results go to the standard output, and this to the other. */
  stream?: NodeJS.WriteStream | undefined
}

/** Something long, on its way. */
export class Progress {
  readonly #total: number
  readonly #before: number
  readonly #unit: string | undefined
  readonly #stream: Stream
  readonly #startedAt: number
  readonly #bar: MultiBar | undefined
  readonly #timer: NodeJS.Timeout | undefined
  #paceMs: number | undefined
  #done: number
  #doneAt: number
  #next: number
  #doing: string
  #toldAt: number

  /** Begins: `total` is of any unit, and `doing` what is done first. */
  constructor(total: number, doing: string, expected: Expected = {}) {
    const { paceMs, done = 0, unit, stream = process.stderr } = expected
    this.#total = total
    this.#done = this.#before = done
    this.#next = done + 1
    this.#unit = unit
    this.#paceMs = paceMs
    this.#stream = stream
    this.#startedAt = this.#doneAt = this.#toldAt = performance.now()
    this.#doing = doing
    if (stream.isTTY && process.env['TERM'] !== 'dumb') this.#bar = this.#draw(stream)
    else this.#timer = setInterval(() => this.#tell(), LINE_EVERY_MS).unref()
  }

  /** So much of the total is done; what is done now ends at `next`, and the bar goes on up to it by itself. */
  to(done: number, doing = this.#doing, next = done + 1): void {
    const now = performance.now()
    this.#done = Math.min(done, this.#total)
    this.#next = Math.min(next, this.#total)
    this.#doing = doing
    this.#doneAt = now
    if (done > this.#before) this.#paceMs = (now - this.#startedAt) / (done - this.#before)
    // Work that leaves no timer its turn is told of here only.
    this.#tell()
  }

  /** One more is done, or so many. */
  advance(doing?: string, count = 1): void {
    this.to(this.#done + count, doing)
  }

  /** A line above the bar: of results, or where `write` writes it. */
  print(text: string, write: (text: string) => void = console.log): void {
    if (this.#bar) this.#stream.write('\r\u001B[K')
    write(text)
    this.#bar?.update()
  }

  /** The bar goes away; a pipe gets nothing more. */
  stop(): void {
    clearInterval(this.#timer)
    this.#bar?.stop()
  }

  #draw(stream: NodeJS.WriteStream): MultiBar {
    // Of the two kinds the one that restores no cursor, which would go back to before the lines above it.
    const bar = new MultiBar({
      stream,
      format: () => this.#drawn(),
      fps: 1000 / REDRAW_EVERY_MS,
      forceRedraw: true,
      clearOnComplete: true,
      // Ctrl-C ends the command, and leaves the terminal as it was.
      gracefulExit: false,
      hideCursor: null,
      linewrap: true,
    })
    bar.create(1, 0)
    return bar
  }

  #drawn(): string {
    const full = Math.round(this.#share() * BAR_LENGTH)
    return `${'#'.repeat(full).padEnd(BAR_LENGTH, '-')} ${this.#describe()}`
  }

  /** A line, or the bar anew, when that is long ago. */
  #tell(): void {
    const now = performance.now()
    if (now - this.#toldAt < (this.#bar ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return
    this.#toldAt = now
    if (this.#bar) this.#bar.update()
    else this.#stream.write(`${this.#describe()}\n`)
  }

  /** From 0 to 1; what is under way counts as far as it should be. */
  #share(): number {
    const since = this.#paceMs ? (performance.now() - this.#doneAt) / this.#paceMs : 0
    return Math.min(this.#done + since, this.#next) / this.#total
  }

  /** What matters first: a narrow terminal shows no more. */
  #describe(): string {
    const count = this.#unit && `${this.#done} of ${this.#total} ${this.#unit}`
    const percent = Math.floor(100 * this.#share())
    const share = `${this.#done < this.#total ? Math.min(percent, 99) : percent} %`
    return [share, this.#leftText(), count, this.#doing].filter(Boolean).join(', ')
  }

  #leftText(): string | undefined {
    if (this.#paceMs === undefined) return undefined
    const expected = (this.#total - this.#done) * this.#paceMs - (performance.now() - this.#doneAt)
    // However late it is with what is under way, the rest of it has not begun.
    const left = Math.max(expected, (this.#total - this.#next) * this.#paceMs)
    if (left <= 0) return 'nearly done'
    if (left < MINUTE_MS) return `${Math.ceil(left / 1000)} s left`
    return `${Math.ceil(left / MINUTE_MS)} min left`
  }
}
