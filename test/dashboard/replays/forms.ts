// What a person finds on a page of replays: words, links, and the fields of the form that starts one.
import { textOf, type Fields } from '../visitor.ts'

/** The page as it is read without scripts, which have buttons that copy: no tags, one space between words. */
export function wordsOf(html: string): string {
  return readable(html.slice(html.indexOf('<main')))
}

/** Where a link leads that begins so, below /dashboard. @throws when there is none. */
export function hrefOf(html: string, text: string): string {
  for (const [, href = '', inner = ''] of html.matchAll(
    /<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs,
  )) {
    if (readable(inner).startsWith(text)) return textOf(href).replace('/dashboard', '')
  }
  throw new Error(`no link says ${text}`)
}

/** The hidden fields of the form that starts a replay, as they would be sent; several of a name are a list. */
export function startFields(html: string): Fields {
  const form =
    /<form method="post" action="\/dashboard\/replays\/new".*?<\/form>/s.exec(html)?.[0] ?? ''
  const fields: Fields = {}
  for (const [, name = '', value = ''] of form.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    const before = fields[name]
    fields[name] = before === undefined ? textOf(value) : [before, textOf(value)].flat()
  }
  return fields
}

function readable(html: string): string {
  const shown = html.replaceAll(/<button[^>]* data-copy=.*?<\/button>/gs, ' ')
  const text = textOf(shown.replaceAll(/<[^>]*>/g, ' '))
  return text.replaceAll(/\s+/g, ' ').trim()
}
