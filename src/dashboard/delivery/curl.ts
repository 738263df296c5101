// A request as a command line.

/** Bytes of a body that fit into one argument of a command: Linux takes 128 KiB, its quoting included. */
const MAX_ARGUMENT = 100_000

/**
 * The request as curl would send it, byte for byte, to be pasted into a POSIX shell; undefined where the body is too
 * long for that. The URL is written as it is requested, and curl is kept from reading patterns into it, from
 * shortening its path, and from settings of its own.
 */
export function writeCurl(
  url: string,
  headers: Record<string, string>,
  body: string,
): string | undefined {
  const argument = quote(body)
  if (new TextEncoder().encode(argument).length > MAX_ARGUMENT) return undefined
  const lines = Object.entries(headers).map(
    ([name, value]) => `-H ${quote(writeField(name, value))}`,
  )
  const start = 'curl --disable --globoff --path-as-is'
  return [start, '-X POST', quote(new URL(url).href), ...lines, `--data-raw ${argument}`].join(
    ' \\\n  ',
  )
}

/** An empty header with a colon would be left out: curl sends it for a semicolon. */
function writeField(name: string, value: string): string {
  return value === '' ? `${name};` : `${name}: ${value}`
}

/** Between single quotes a shell takes everything as it stands but the single quote. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
