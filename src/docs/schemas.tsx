// JSON Schemas of the document as tables: members, types, what is allowed.
import type { Child } from 'hono/jsx'
import type { Schema } from '../api/document/shape.ts'
import { Inline, Table } from './text.tsx'

/** What a schema allows, by keyword, in words. */
const RULES: [keyword: string, words: (value: string) => string][] = [
  ['format', (value) => `as a ${value}`],
  ['pattern', (value) => `matches \`${value}\``],
  ['minLength', (value) => `at least ${value} characters`],
  ['maxLength', (value) => `at most ${value} characters`],
  ['minimum', (value) => `from ${value}`],
  ['maximum', (value) => `up to ${value}`],
  ['minItems', (value) => `at least ${value} items`],
  ['maxItems', (value) => `at most ${value} items`],
  ['default', (value) => `by itself ${value}`],
]

/** The members of an object, or what any other value is like. */
export function SchemaTable({ schema, label }: { schema: Schema; label: string }) {
  const members = membersOf(schema)
  if (members.length === 0) {
    return (
      <p>
        <Kind schema={schema} />. <Rules schema={schema} />
      </p>
    )
  }
  const rows = members.map(({ name, member, isRequired }): Child[] => [
    <>
      <code>{name}</code>
      {isRequired ? '' : <span class="muted"> optional</span>}
    </>,
    <Kind schema={member} />,
    <Rules schema={member} />,
  ])
  return <Table label={label} heads={['Member', 'Type', 'What it is']} rows={rows} />
}

/** What a value is: a link where it has a name. */
export function Kind({ schema }: { schema: Schema }): Child {
  const { $ref: reference, items, anyOf, oneOf, allOf } = schema
  if (reference !== undefined) {
    const name = nameIn(reference)
    return <a href={`/docs/reference#${name}`}>{name}</a>
  }
  const choices = anyOf ?? oneOf
  if (choices) return <Choices schemas={choices} />
  if (allOf?.[0]) return <Kind schema={allOf[0]} />
  if (items) {
    return (
      <>
        list of <Kind schema={items} />
      </>
    )
  }
  return <>{describeType(schema)}</>
}

/** The rules that a value keeps, behind what it is. */
export function Rules({ schema }: { schema: Schema }): Child {
  const rules = RULES.flatMap(([keyword, words]) =>
    schema[keyword] === undefined
      ? []
      : [words(JSON.stringify(schema[keyword]).replaceAll('"', ''))],
  )
  const description = typeof schema['description'] === 'string' ? `${schema['description']} ` : ''
  const text = rules.length === 0 ? description : `${description}(${rules.join(', ')})`
  return <Inline text={text.trim()} />
}

/** The name at the end of a reference. */
export function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}

function Choices({ schemas }: { schemas: Schema[] }) {
  return (
    <>
      {schemas.map((one, place) => (
        <>
          {place > 0 ? ' or ' : ''}
          <Kind schema={one} />
        </>
      ))}
    </>
  )
}

function describeType({ type, enum: values, const: only }: Schema): string {
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(', ')
  return [type ?? 'any value'].flat().join(' or ')
}

function membersOf(schema: Schema): { name: string; member: Schema; isRequired: boolean }[] {
  const parts = [schema, ...(schema.allOf ?? [])]
  return parts.flatMap(({ properties = {}, required }) => {
    const needed: unknown[] = Array.isArray(required) ? required : []
    return Object.entries(properties).map(([name, member]) => ({
      name,
      member,
      isRequired: needed.includes(name),
    }))
  })
}
