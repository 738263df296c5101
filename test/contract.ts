// The OpenAPI document as a judge: whatever a test is answered must be in it.
import { Validator, type Schema } from '@cfworker/json-schema'
import { afterAll, beforeAll } from 'vitest'
import { createApp } from '../src/api/app.ts'
import { writeDocument } from '../src/api/document/document.ts'
import { parseConfig } from '../src/config.ts'
import type { Json } from './world.ts'

/** What every answer has, whatever it says: about transport and browsers. */
const OF_ALL = new Set([
  'cache-control',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
])

/** What a path without the method that was asked, or no path at all, is answered. */
const ELSEWHERE = new Set([401, 404, 405, 429, 500, 503])

/** Made once for all tests of a process, as an isolate does. */
let judge: Promise<Contract> | undefined

/** Speaks a protocol that has documents of its own. */
const MCP = '/mcp'

let isWaived = false

/** For a file whose tests put into the database what no code of ours writes: the answers are such, too. */
export function waiveContract(): void {
  beforeAll(() => {
    isWaived = true
  })
  afterAll(() => {
    isWaived = false
  })
}

/**
 * The answer, once it is in the document: its status, its headers, each member of its body, and the code of an error.
 * @throws Error that says what the document does not have.
 */
export async function checkAnswer(
  method: string,
  path: string,
  answer: Response,
): Promise<Response> {
  if (isWaived || path === MCP || isStream(answer)) return answer
  judge ??= readContract()
  const [contract, text] = await Promise.all([judge, answer.clone().text()])
  const { status, headers } = answer
  contract.check(method, path, { status, headers, text })
  return answer
}

/** It does not end while its test reads it. */
function isStream({ headers }: Response): boolean {
  return headers.get('Content-Type') === 'text/event-stream'
}

/** The document as it is now, as a judge. */
export async function readContract(): Promise<Contract> {
  const app = createApp(() => Promise.reject(new Error('nothing is asked of it')))
  return new Contract(JSON.parse(await writeDocument(app, parseConfig({}))))
}

/** An answer whose body has been read. */
type Read = { status: number; headers: Headers; text: string }

/** A document, and the validators of its schemas. */
class Contract {
  readonly document: Json
  readonly #validators = new Map<string, Validator>()
  readonly #paths: { template: string; pattern: RegExp }[]

  constructor(document: Json) {
    this.document = document
    this.#paths = Object.keys(document.paths)
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
      .map((template) => ({
        template,
        pattern: new RegExp(
          `^${template.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`,
        ),
      }))
  }

  /** @throws Error when the document does not have such an answer. */
  check(method: string, url: string, answer: Read): void {
    const [path = ''] = url.split(/[?#]/)
    const template = this.#paths.find(({ pattern }) => pattern.test(path))?.template ?? ''
    const name = method === 'HEAD' ? 'get' : method.toLowerCase()
    const operation = this.document.paths[template]?.[name]
    const refuse = (problem = '') => {
      throw new Error(
        `${method} ${path} answered what no document has: ${answer.status}, ${problem}\n${answer.text.slice(0, 500)}`,
      )
    }
    if (!operation) {
      if (!ELSEWHERE.has(answer.status)) refuse('where there is nothing')
      return
    }
    const described = this.follow(operation.responses[answer.status])
    if (!described) return refuse('a status of its own')
    for (const problem of this.#findHeaderProblems(described, answer)) refuse(problem)
    if (method === 'HEAD') return
    // The last is the one furthest inside.
    const problems = this.#findBodyProblems(described, answer)
    if (problems.length > 0) refuse(problems.at(-1))
  }

  /** A part of the document, or what it refers to. */
  follow(part: Json): Json {
    if (part?.$ref === undefined) return part
    const steps: string[] = part.$ref.slice(2).split('/')
    return steps.reduce((inside, step) => inside?.[step], this.document)
  }

  /** What of a value is not as the schema has it. */
  findProblems(schema: Json, value: unknown): string[] {
    const key = JSON.stringify(schema)
    const validator = this.#validators.get(key) ?? this.#makeValidator(schema)
    this.#validators.set(key, validator)
    return validator
      .validate(value)
      .errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
  }

  #makeValidator(schema: Schema): Validator {
    // The whole document is beside it, where its references lead.
    const { components } = this.document
    return new Validator({ ...schema, components }, '2020-12', false)
  }

  #findHeaderProblems({ headers }: Json, answer: Read): string[] {
    const named = new Map(
      Object.entries<Json>(headers).map(([name, header]) => [
        name.toLowerCase(),
        this.follow(header),
      ]),
    )
    const missing = [...named].filter(
      ([name, { required }]) => required && !answer.headers.has(name),
    )
    const unknown = [...answer.headers.keys()].filter(
      (name) => !named.has(name) && !OF_ALL.has(name),
    )
    return [
      ...missing.map(([name]) => `without the header ${name}`),
      ...unknown.map((name) => `with the header ${name}`),
    ]
  }

  #findBodyProblems({ content }: Json, { status, text }: Read): string[] {
    if (!content) return text === '' ? [] : ['a body']
    const [type = ''] = Object.keys(content)
    const { schema, examples } = content[type]
    const body = type === 'text/plain' ? text : JSON.parse(text)
    const isCodeKnown = status < 400 || examples === undefined || body.code in examples
    return [
      ...(isCodeKnown ? [] : [`the code ${body.code}`]),
      ...this.findProblems(schema, body),
      ...this.#findUnnamed(schema, body, ''),
    ]
  }

  /** Members that the schema does not name: callers may pass over them, but they are to be documented. */
  #findUnnamed(schema: Json, value: Json, path: string): string[] {
    if (Array.isArray(value)) {
      const items = this.#shapesOf(schema, value).find((one) => one.items)?.items
      return items
        ? value.flatMap((one, place) => this.#findUnnamed(items, one, `${path}/${place}`))
        : []
    }
    if (typeof value !== 'object' || value === null) return []
    const shapes = this.#shapesOf(schema, value)
    if (shapes.some((one) => 'additionalProperties' in one)) return []
    const properties = Object.assign({}, ...shapes.map((one) => one.properties))
    return Object.entries(value).flatMap(([name, member]) => {
      const at = `${path}/${name}`
      return name in properties
        ? this.#findUnnamed(properties[name], member, at)
        : [`${at} has no schema`]
    })
  }

  /** The schemas without references or choices that together describe the value. */
  #shapesOf(schema: Json, value: unknown): Json[] {
    const shape = this.follow(schema)
    const all =
      shape.allOf ??
      [shape.anyOf, shape.oneOf].flatMap((some) => {
        const fit = some?.find((one: Json) => this.findProblems(one, value).length === 0)
        return fit ?? []
      })
    const inner: Json[] = all.flatMap((one: Json) => this.#shapesOf(one, value))
    return inner.length > 0 ? inner : [shape]
  }
}
