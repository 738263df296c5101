// A mutant: a small bug that is put into the code to see who notices.
import { fileURLToPath } from 'node:url'

/** The folder that mutants live in. */
export const SRC = fileURLToPath(new URL('../../../src/', import.meta.url).href)

/** One change: in a file under `src/`, a text that is there exactly once becomes another. */
export type Edit = [file: string, text: string, replacement: string]

/**
 * A bug, and who has to notice it: an invariant of the simulation (`A3`), or for what is not about
 * states and time a test file (`test/webhook/signature.test.ts`).
 */
export type Mutant = { name: string; killer: string; edits: Edit[] }

/** A safeguard taken away. */
export function without(name: string, killer: string, ...edits: Edit[]): Mutant {
  return { name: `without ${name}`, killer, edits }
}

/** Code that does something else. */
export function bend(name: string, killer: string, ...edits: Edit[]): Mutant {
  return { name, killer, edits }
}

/**
 * A file's source with the edits that are for it; `path` is under `src/`.
 * @throws Error when a text is not there exactly once: then the mutant has to follow the code.
 */
export function mutate(source: string, path: string, edits: Edit[]): string {
  return edits.reduce((text, [file, original, replacement]) => {
    if (file !== path) return text
    const [before, after, ...more] = text.split(original)
    if (after === undefined || more.length > 0) {
      throw new Error(`not exactly once in src/${file}: ${original}`)
    }
    return before + replacement + after
  }, source)
}
