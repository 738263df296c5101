// What an endpoint is to its customer, typed and saved; what is refused is shown again as it was typed.
import { readTypedMetadata } from '../../account/metadata.ts'
import { ExternalId, type Metadata } from '../../account/schema.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { AppError } from '../../errors.ts'
import { tellRefusal } from '../refusal.ts'
import { describedBy, Lines, FieldProblem } from '../ui/forms.tsx'
import { prettify } from '../ui/json-text.ts'

/** Notes as they were typed, and what is wrong with them. */
export type TypedNotes = {
  externalId: string
  metadata: string
  problems?: Partial<Record<'externalId' | 'metadata', string>> | undefined
}

/** What is to be noted. */
type Notes = { externalId: string | null; metadata: Metadata | null }

/** Reads what was typed: what is to be noted, or why it cannot be. */
export function readNotes(form: URLSearchParams): { notes?: Notes; typed: TypedNotes } {
  const typed = {
    externalId: (form.get('external_id') ?? '').trim(),
    metadata: form.get('metadata') ?? '',
  }
  const called = ExternalId.safeParse(typed.externalId)
  const isNone = typed.externalId === ''
  const problem = isNone ? undefined : called.error?.issues[0]?.message
  try {
    const metadata = readTypedMetadata(typed.metadata)
    if (problem !== undefined) return { typed: { ...typed, problems: { externalId: problem } } }
    return { notes: { externalId: isNone ? null : typed.externalId, metadata }, typed }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const problems = {
      metadata: tellRefusal(error),
      ...(problem !== undefined && { externalId: problem }),
    }
    return { typed: { ...typed, problems } }
  }
}

/** What is to be said of a refusal. @throws the error itself, when it is not about the external id. */
export function problemsOfNotes(error: unknown): TypedNotes['problems'] {
  if (!(error instanceof AppError) || error.code !== 'external_id_taken') throw error
  return { externalId: tellRefusal(error) }
}

/** How an endpoint's are shown. */
export function notesOf({
  externalId,
  metadata,
}: Pick<Endpoint, 'externalId' | 'metadata'>): TypedNotes {
  return {
    externalId: externalId ?? '',
    metadata: metadata === null ? '' : prettify(JSON.stringify(metadata)),
  }
}

/** The card of those who change them. */
export function NotesCard({ path, typed }: { path: string; typed: TypedNotes }) {
  return (
    <section class="card" aria-labelledby="notes">
      <div class="card-head">
        <h2 id="notes">In your own systems</h2>
      </div>
      <form method="post" action={`${path}/notes`} class="stack pad">
        <NotesFields typed={typed} />
        <button class="primary">Save the notes</button>
      </form>
    </section>
  )
}

/** The fields by themselves, for the form of a new one. */
export function NotesFields({ typed }: { typed: TypedNotes }) {
  return (
    <>
      <ExternalIdField typed={typed} />
      <MetadataField typed={typed} />
    </>
  )
}

function ExternalIdField({ typed: { externalId, problems } }: { typed: TypedNotes }) {
  return (
    <label>
      External id
      <input
        name="external_id"
        value={externalId}
        class="mono"
        spellcheck={false}
        autocomplete="off"
        placeholder="billing-eu"
        {...describedBy('external-id', problems?.externalId)}
      />
      <span class="muted small" id="external-id-hint">
        What it is called there: the API takes it in place of the endpoint’s id.
      </span>
      <FieldProblem of="external-id" text={problems?.externalId} />
    </label>
  )
}

function MetadataField({ typed: { metadata, problems } }: { typed: TypedNotes }) {
  return (
    <Lines
      label="Metadata, as JSON"
      name="metadata"
      rows={4}
      text={metadata}
      problem={problems?.metadata}
      placeholder={'{"customer": "cus_8841"}'}
    >
      <span class="muted small" id="metadata-hint">
        Up to fifty texts, for your own programs and people: no receiver gets them.
      </span>
      <FieldProblem of="metadata" text={problems?.metadata} />
    </Lines>
  )
}

/** What is noted, for those who do not change it. */
export function Noted({ metadata }: Pick<Endpoint, 'metadata'>) {
  if (metadata === null) return null
  return (
    <section class="card">
      <div class="card-head">
        <h2>Metadata</h2>
      </div>
      <pre class="json" tabindex={0} role="region" aria-label="Metadata">
        {prettify(JSON.stringify(metadata))}
      </pre>
    </section>
  )
}
