// What an endpoint's customer notes on it: typed, saved, and shown again as it was typed where it is refused.
import { readTypedMetadata } from '../../account/metadata.ts'
import type { Metadata } from '../../account/schema.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { AppError } from '../../errors.ts'
import { tellRefusal } from '../refusal.ts'
import { prettify } from '../ui/json-text.ts'

/** Notes as they were typed, and what is wrong with them. */
export type TypedNotes = { metadata: string; problem?: string | undefined }

/** Reads what was typed: what is to be noted, or why it cannot be. */
export function readNotes(form: URLSearchParams): {
  notes?: { metadata: Metadata | null }
  typed: TypedNotes
} {
  const metadata = form.get('metadata') ?? ''
  try {
    return { notes: { metadata: readTypedMetadata(metadata) }, typed: { metadata } }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { typed: { metadata, problem: tellRefusal(error) } }
  }
}

/** How an endpoint's are shown. */
export function notesOf({ metadata }: Pick<Endpoint, 'metadata'>): TypedNotes {
  return { metadata: metadata === null ? '' : prettify(JSON.stringify(metadata)) }
}

/** The card; whoever changes nothing sees what is noted, if anything is. */
export function NotesCard({ path, typed }: { path?: string; typed: TypedNotes }) {
  if (path === undefined && typed.metadata === '') return null
  return (
    <section class="card" aria-labelledby="notes">
      <div class="card-head">
        <h2 id="notes">Metadata</h2>
      </div>
      {path === undefined ? (
        <pre class="json" tabindex={0} role="region" aria-label="Metadata">
          {typed.metadata}
        </pre>
      ) : (
        <NotesForm path={path} typed={typed} />
      )}
    </section>
  )
}

function NotesForm({ path, typed: { metadata, problem } }: { path: string; typed: TypedNotes }) {
  const described = problem === undefined ? 'notes-hint' : 'notes-hint notes-problem'
  return (
    <form method="post" action={`${path}/notes`} class="stack pad">
      <label>
        Texts of your own, as JSON
        <textarea
          name="metadata"
          rows={4}
          class="mono"
          spellcheck={false}
          placeholder={'{"customer": "cus_8841"}'}
          aria-describedby={described}
          {...(problem !== undefined && { 'aria-invalid': 'true' as const })}
        >
          {`\n${metadata}`}
        </textarea>
        <span class="muted small" id="notes-hint">
          Up to fifty, for your own programs and people: no receiver gets them.
        </span>
        {problem === undefined ? null : (
          <span class="problem" id="notes-problem" role="alert">
            {problem}
          </span>
        )}
      </label>
      <button class="primary">Save the metadata</button>
    </form>
  )
}
