// The reference: each operation, each webhook, each schema of the OpenAPI document.
import type {
  Answer,
  Content,
  OpenApi,
  Operation,
  Parameter,
  PathItem,
  Reference,
} from '../api/document/shape.ts'
import { Kind, nameIn, Rules, SchemaTable } from './schemas.tsx'
import { Example, Inline, Prose, Table } from './text.tsx'

/** Areas of the API, with a heading each. */
type Tag = { name: string; description: string }

/** The whole reference; operations come under their areas, in the document's order. */
export function ReferenceContent({ document }: { document: OpenApi }) {
  // `writeDocument` gives them.
  const tags = document['tags'] as Tag[]
  const operations = listOperations(document.paths)
  return (
    <>
      <p>
        Made of <a href="/openapi.json">/openapi.json</a>, which checks every request: what stands
        here is what is enforced.
      </p>
      {tags.map(({ name, description }) => {
        const own = operations.filter(({ operation }) => operation.tags?.includes(name))
        return own.length === 0 ? null : (
          <section>
            <h2 id={toId(name)}>{name}</h2>
            <Prose text={description} />
            {own.map((one) => (
              <OperationPart {...one} document={document} />
            ))}
          </section>
        )
      })}
      <section>
        <h2 id="schemas">Schemas</h2>
        {Object.entries(document.components.schemas).map(([name, schema]) => (
          <>
            <h3 id={name}>{name}</h3>
            <Prose
              text={typeof schema['description'] === 'string' ? schema['description'] : undefined}
            />
            <SchemaTable schema={schema} label={`Members of ${name}`} />
          </>
        ))}
      </section>
    </>
  )
}

/** Where an operation can be found on the page. */
function anchorOf({ operationId, summary }: Operation): string {
  return operationId ?? toId(summary ?? '')
}

/** Every operation with its method and path. */
export function listOperations(
  paths: Record<string, PathItem>,
): { method: string; path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  )
}

function OperationPart(props: {
  method: string
  path: string
  operation: Operation
  document: OpenApi
}) {
  const { method, path, operation, document } = props
  const { summary, description, parameters = [], requestBody, responses } = operation
  // Two may be called the same.
  const label = `${method.toUpperCase()} ${path}`
  return (
    <article>
      <h3 id={anchorOf(operation)}>{summary}</h3>
      <p>
        <code>{label}</code>
      </p>
      <Scope of={operation} />
      <Prose text={description} />
      <Parameters of={parameters} label={label} />
      {requestBody ? <Body content={requestBody.content} label={`Body: ${label}`} /> : null}
      <Answers of={responses} document={document} label={label} />
    </article>
  )
}

/** What a key has to have, where a key is asked for. */
function Scope({ of: { security = [] } }: { of: Operation }) {
  const scopes = security.flatMap(({ apiKey = [] }) => apiKey)
  const named = scopes.map((scope, place) => (
    <>
      {place === 0 ? '' : ' or '}
      <code>{scope}</code>
    </>
  ))
  return scopes.length === 0 ? null : <p class="muted">Takes a key with the scope {named}.</p>
}

/** A table of parameters, headers included. */
export function Parameters({ of: parameters, label }: { of: Parameter[]; label: string }) {
  const rows = parameters.map(({ name, in: place, required, schema = {}, description }) => [
    <>
      <code>{name}</code> <span class="muted">{required ? place : `${place}, optional`}</span>
    </>,
    <Kind schema={schema} />,
    <Rules schema={{ ...schema, ...(description !== undefined && { description }) }} />,
  ])
  return (
    <Table label={`Parameters: ${label}`} heads={['Parameter', 'Type', 'What it is']} rows={rows} />
  )
}

/** The type of a body, and an example of it. */
export function Body({ content, label }: { content: Content; label: string }) {
  return (
    <>
      {Object.entries(content).map(([type, { schema, example }]) => (
        <>
          <p>
            Body <span class="muted">{type}</span>: {schema ? <Kind schema={schema} /> : 'text'}
          </p>
          {example === undefined ? null : <Example of={example} label={label} />}
        </>
      ))}
    </>
  )
}

function Answers(props: {
  of: Record<string, Answer | Reference>
  document: OpenApi
  label: string
}) {
  const answers = Object.entries(props.of).map(
    ([status, answer]) => [status, resolve(answer, props.document)] as const,
  )
  const rows = answers.map(([status, { description }]) => [
    status,
    <>
      {description.split(/\n{2,}/).map((text) => (
        <div>
          <Inline text={text} />
        </div>
      ))}
    </>,
  ])
  const good = answers.filter(([status]) => status.startsWith('2'))
  return (
    <>
      <Table label={`Answers: ${props.label}`} heads={['Status', 'When']} rows={rows} />
      {good.map(([status, { content }]) =>
        content ? <Body content={content} label={`Answer ${status}: ${props.label}`} /> : null,
      )}
    </>
  )
}

function resolve(answer: Answer | Reference, { components }: OpenApi): Answer {
  if (!('$ref' in answer)) return answer
  // `writeDocument` puts the answers that several share there.
  const shared = components['responses'] as Record<string, Answer>
  const found = shared[nameIn(answer.$ref)]
  if (!found) throw new Error(`the document has no ${answer.$ref}`)
  return found
}

function toId(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}
