// A request as a command line.

/** The request as curl would send it, byte for byte, to be pasted into a POSIX shell. */
export function writeCurl(url: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)
  return ['curl', '-X POST', quote(url), ...lines, `--data-raw ${quote(body)}`].join(' \\\n  ')
}

/** Between single quotes a shell takes everything as it stands but the single quote. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
