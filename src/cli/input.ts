// What a command reads: a file, or the standard input.
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { CommandError } from './exit.ts'

/** The bytes as they are; `-` is the standard input. @throws CommandError when there is no such file. */
export async function readInput(path: string): Promise<Buffer> {
  if (path === '-') return buffer(process.stdin)
  return readFile(path).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError('usage', `${path} cannot be read: ${why}.`)
  })
}
