// Prometheus' text format 0.0.4: families of samples, each with what it is about.
import { seriesOf, type Labels } from '../metrics.ts'

/** Before each name, so that a monitor of many services tells whose it is. */
const PREFIX = 'callingbox_'

/** A value; `suffix` stands behind the name: what a histogram's samples have, or labels that are text already. */
export type Sample = { value: number; labels?: Labels; suffix?: string }

/** What is measured: a counter never falls but when it starts anew, a gauge may. */
export type Family = {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  samples: Sample[]
}

/** The text. `notes` are sentences about what is missing, which no parser looks at. */
export function writeExposition(families: Family[], notes: string[]): string {
  const lines = families.flatMap(({ name, type, help, samples }) => [
    `# HELP ${PREFIX}${name} ${escaped(help)}`,
    `# TYPE ${PREFIX}${name} ${type}`,
    ...samples.map(({ value, labels, suffix = '' }) =>
      [seriesOf(`${PREFIX}${name}${suffix}`, labels), value].join(' '),
    ),
  ])
  return [...lines, ...notes.map((note) => `# ${note}`), ''].join('\n')
}

/** A help ends with its line. */
function escaped(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
