// Text of the document as HTML: it has paragraphs, and code between backticks.
import type { Child } from 'hono/jsx'

/** Paragraphs, with their code marked. */
export function Prose({ text }: { text: string | undefined }) {
  if (text === undefined) return null
  return (
    <>
      {text.split(/\n{2,}/).map((paragraph) => (
        <p>
          <Inline text={paragraph} />
        </p>
      ))}
    </>
  )
}

/** A text within a line: every second part of it, between backticks, is code. */
export function Inline({ text }: { text: string }) {
  const parts = text
    .split('`')
    .map((part, place): Child => (place % 2 ? <code>{part}</code> : part))
  return <>{parts}</>
}

/** A value as JSON to read, or a text as it is. A long line scrolls, by keyboard as well. */
export function Example({ of: value, label }: { of: unknown; label: string }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <pre tabindex={0} role="region" aria-label={label}>
      <code>{text}</code>
    </pre>
  )
}

/** A table that scrolls by itself where there is no room for it. */
export function Table({ label, heads, rows }: { label: string; heads: string[]; rows: Child[][] }) {
  if (rows.length === 0) return null
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
