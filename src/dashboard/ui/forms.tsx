// Forms that more than one page has.
import type { Child, JSX } from 'hono/jsx'

/** Overlaps on offer, in seconds. The first one is suggested: a day is enough to bring a secret to every receiver. */
const OVERLAPS = [
  { seconds: 86_400, label: 'goes on for a day: time to bring the new one to the receiver' },
  { seconds: 3600, label: 'goes on for an hour' },
  { seconds: 604_800, label: 'goes on for a week' },
  { seconds: 0, label: 'stops at once: it has leaked' },
]

/** What a question asks, and what it sends where the answer is yes. */
type Asked = {
  title: string
  /** Where the form goes. */
  action: string
  /** Fields that go along as they are. */
  fields?: [name: string, value: string][]
  /** By which the form acts once, however often it is sent. */
  token: string
  submit: string
  isDangerous?: boolean
  /** Where to go instead. */
  back: string
  /** What will happen, and when; and fields to be filled in. */
  children: Child
}

/** The question before an act that breaks something or cannot be taken back: a page of its own, asked once. */
export function Question({ title, submit, back, isDangerous = true, children, ...form }: Asked) {
  return (
    <section class="card narrow question" aria-labelledby="question">
      <h1 id="question">{title}</h1>
      <form method="post" action={form.action} class="stack">
        {children}
        <HiddenFields fields={[...(form.fields ?? []), ['token', form.token]]} />
        <div class="inline">
          <button class={isDangerous ? 'danger' : 'primary'}>{submit}</button>
          <a class="button quiet" href={back}>
            No, go back
          </a>
        </div>
      </form>
    </section>
  )
}

/** Asks for how long the old secret goes on; `chosen` is in seconds, as text. */
export function OverlapField({ chosen }: { chosen: string }) {
  return (
    <label>
      The old secret
      <select name="overlap">
        {OVERLAPS.map(({ seconds, label }) => (
          <option value={String(seconds)} selected={String(seconds) === chosen}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}

/** What lines have, beside what any text area may have. */
type OfLines = JSX.IntrinsicElements['textarea'] & {
  label: string
  name: string
  text: string
  problem: string | undefined
}

/** Lines to be typed, such as JSON, and what stands in them so far; children are part of their label. */
export function Lines({ label, name, text, problem, children, ...more }: OfLines) {
  // The first line break is no part of it: without one browsers would take the text's own for that.
  return (
    <label>
      {label}
      <textarea
        name={name}
        class="mono"
        spellcheck={false}
        {...more}
        {...describedBy(name, problem)}
      >
        {`\n${text}`}
      </textarea>
      {children}
    </label>
  )
}

/** What a field says to a screen reader: what is told of it, with the id `{of}-hint`, and whether it has a `FieldProblem`. */
export function describedBy(of: string, problem: string | undefined) {
  if (problem === undefined) return { 'aria-describedby': `${of}-hint` }
  return { 'aria-invalid': 'true' as const, 'aria-describedby': `${of}-hint ${of}-problem` }
}

/** What is wrong with a field, if anything is. */
export function FieldProblem({ of, text }: { of: string; text: string | undefined }) {
  if (text === undefined) return null
  return (
    <span class="problem" id={`${of}-problem`} role="alert">
      {text}
    </span>
  )
}

/** Fields that go along with a form, unseen. */
export function HiddenFields({ fields }: { fields: [name: string, value: string][] }) {
  return (
    <>
      {fields.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  )
}

/** What makes a form that is sent twice act once. */
export function OnceField() {
  return <input type="hidden" name="token" value={crypto.randomUUID()} />
}
