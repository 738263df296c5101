// The statements of a dump, one by one, and each as short as D1 takes them.

/** D1 takes no statement that is longer, in bytes (its limits); a dump may have a row that makes one. */
const LONGEST_BYTES = 100_000

/** Of a text that is put together anew, in characters: a quote is two, and a character up to three bytes. */
const PIECE_LENGTH = 16_000

/** A value as a dump writes it: a text, bytes, or whatever else until the next comma. */
const VALUE = /('[^']*(?:''[^']*)*'|[^',]+)(?:,|$)/gy
const INSERT = /^\s*INSERT INTO ("[^"]+") \(([^)]*)\) VALUES\s*\((.*)\)\s*;?\s*$/s

/** Reads statements out of a dump as it comes, each with its semicolon. */
export async function* readStatements(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  const scanner = new Scanner()
  for await (const chunk of chunks) yield* scanner.take(chunk)
  yield* scanner.take('\n')
}

/** Knows where a statement ends: at a semicolon that is in no text, name or comment. */
class Scanner {
  #statement = ''
  #within: '' | '"' | "'" | '--' = ''

  // The character before this one, which another chunk may have had.
  #before(chunk: string, at: number): string | undefined {
    return at > 0 ? chunk[at - 1] : this.#statement.at(-1)
  }

  *take(chunk: string): Generator<string> {
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const character = chunk.charAt(at)
      if (this.#within === '--') {
        if (character === '\n') this.#within = ''
      } else if (this.#within !== '') {
        // A doubled quote leaves and enters again.
        if (character === this.#within) this.#within = ''
      } else if (character === "'" || character === '"') {
        this.#within = character
      } else if (character === '-' && this.#before(chunk, at) === '-') {
        this.#within = '--'
      } else if (character === ';') {
        yield this.#statement + chunk.slice(start, at + 1)
        this.#statement = ''
        start = at + 1
      }
    }
    this.#statement += chunk.slice(start)
  }
}

/** The table that a statement puts a row into, if it does. */
export function tableOf(statement: string): string | undefined {
  return /^\s*INSERT INTO "([^"]+)"/.exec(statement)?.[1]
}

/**
 * The statement, or where it is too long those that come to the same: the row with its long texts left empty, and a text after
 * the other put together from pieces. @throws Error for a long one that is no row.
 */
export function fit(statement: string): string[] {
  if (Buffer.byteLength(statement) < LONGEST_BYTES) return [statement]
  const [, table = '', names = '', list = ''] = INSERT.exec(statement) ?? []
  const columns = names.split(',').map((name) => name.trim())
  const values = [...list.matchAll(VALUE)].map(([, value = '']) => value)
  if (table === '' || values.length !== columns.length) {
    throw new Error(`A statement is longer than D1 takes: ${statement.trim().slice(0, 60)}…`)
  }
  const row = columns.map((column, index) => ({ column, value: values[index] ?? '' }))
  const short = row.filter((one) => !isLong(one))
  const where = short.map(({ column, value }) => `${column} IS ${value}`).join(' AND ')
  const first = row.map((one) => (isLong(one) ? "''" : one.value)).join(',')
  return [
    `\nINSERT INTO ${table} (${columns.join(',')}) VALUES(${first});`,
    ...row
      .filter(isLong)
      .flatMap(({ column, value }) =>
        toPieces(value).map(
          (piece) => `\nUPDATE ${table} SET ${column} = ${column} || ${piece} WHERE ${where};`,
        ),
      ),
  ]
}

function isLong({ value }: { value: string }): boolean {
  return value.length > PIECE_LENGTH
}

/** A quoted text in quoted pieces. */
function toPieces(quoted: string): string[] {
  const characters = Array.from(quoted.slice(1, -1).replaceAll("''", "'"))
  const pieces = Math.ceil(characters.length / PIECE_LENGTH)
  return Array.from({ length: pieces }, (_, index) => {
    const piece = characters.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH).join('')
    return `'${piece.replaceAll("'", "''")}'`
  })
}
