// A form as it was sent, and as an address has it.
import type { PageContext } from './context.ts'

/** The fields of the form that was sent, each value by itself, in the page's order; files are none of them. */
export async function readForm(c: PageContext): Promise<URLSearchParams> {
  const form = await c.req.parseBody({ all: true })
  const fields = Object.entries(form).flatMap(([name, values]) =>
    [values]
      .flat()
      .flatMap((value) => (typeof value === 'string' ? [[name, value] as [string, string]] : [])),
  )
  return new URLSearchParams(fields)
}

/** What a form is filled in with: the fields that were sent, or those of the address that shows it. */
export async function fieldsOf(c: PageContext): Promise<URLSearchParams> {
  return c.req.method === 'POST' ? readForm(c) : new URL(c.req.url).searchParams
}

/** Fields that no address may have: addresses are kept by browsers, and told to others. */
const SECRET_FIELDS = ['headers']

/** The same as an address has it, with `?`, or nothing. */
export async function writeForm(c: PageContext): Promise<string> {
  const fields = await readForm(c)
  for (const name of SECRET_FIELDS) fields.delete(name)
  return fields.size > 0 ? `?${fields.toString()}` : ''
}
