// Prometheus' text format 0.0.4 as its specification has it, read strictly: what it does not allow is an error.

/** A sample: the name as it stands there, its labels, and its value. */
export type Read = { name: string; labels: Record<string, string>; value: number }

/** A family of the text: what it is about, and its samples. */
export type ReadFamily = { name: string; type: string; help: string; samples: Read[] }

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`
const HELP = new RegExp(String.raw`^# HELP (${NAME}) ((?:[^\\]|\\[\\n])+)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`)
const SAMPLE = new RegExp(
  String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$`,
)

/**
 * Reads a text. Lines end in a line feed, the last one, too; each family is told once, its help and type before
 * its samples, and these are together; no sample is there twice; a histogram's buckets add up.
 * @throws Error that names the line.
 */
export function readExposition(text: string): Map<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, ReadFamily>()
  let current: ReadFamily | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const [, name, help] = HELP.exec(line) ?? []
    if (name && help) {
      if (families.has(name)) throw new Error(`told twice: ${line}`)
      current = { name, type: '', help, samples: [] }
      families.set(name, current)
    } else if (line.startsWith('# TYPE')) readType(line, current)
    else if (!line.startsWith('#') || line.startsWith('# HELP')) readSample(line, current)
  }
  for (const family of families.values()) check(family)
  return families
}

function readType(line: string, current: ReadFamily | undefined): void {
  const [, name, type] = TYPE.exec(line) ?? []
  if (!type || !current || name !== current.name) throw new Error(`no type: ${line}`)
  if (current.type || current.samples.length > 0) throw new Error(`a type too late: ${line}`)
  current.type = type
}

function readSample(line: string, current: ReadFamily | undefined): void {
  const [, name, pairs = '', value] = SAMPLE.exec(line) ?? []
  if (!name || !value || !current?.type) throw new Error(`no sample: ${line}`)
  const suffixes = current.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (!suffixes.some((suffix) => name === current.name + suffix)) {
    throw new Error(`of another family: ${line}`)
  }
  const labels = [...pairs.matchAll(new RegExp(LABEL, 'g'))].map(([pair]) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), JSON.parse(pair.slice(at + 1))] as const
  })
  const read = { name, labels: Object.fromEntries(labels), value: Number(value) }
  if (new Set(labels.map(([label]) => label)).size < labels.length) {
    throw new Error(`a label twice: ${line}`)
  }
  const isSame = (one: Read) => keyOf(one) === keyOf(read)
  if (current.samples.some(isSame)) throw new Error(`there twice: ${line}`)
  current.samples.push(read)
}

function keyOf({ name, labels }: Read): string {
  return JSON.stringify([name, Object.entries(labels).map(String).toSorted()])
}

function check({ name, type, samples }: ReadFamily): void {
  if (type === '') throw new Error(`${name} has no type`)
  if (type === 'counter' && (!name.endsWith('_total') || samples.some(({ value }) => value < 0))) {
    throw new Error(`${name} is no counter`)
  }
  if (type !== 'histogram') return
  const valuesOf = (suffix: string) => samples.filter((one) => one.name === name + suffix)
  const buckets = valuesOf('_bucket')
  const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('+Inf', 'Infinity')))
  if (!isRising(bounds) || !isRising(buckets.map(({ value }) => value))) {
    throw new Error(`${name} has buckets out of order`)
  }
  if (bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== valuesOf('_count')[0]?.value) {
    throw new Error(`${name} does not add up`)
  }
}

function isRising(all: number[]): boolean {
  return all.every((one, place) => place === 0 || one >= (all[place - 1] ?? 0))
}
