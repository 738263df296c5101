// A part in one state, beside others of its kind: named, and with ids of its own.
import { html, raw } from 'hono/html'
import type { Child } from 'hono/jsx'

/** Attributes whose words are ids. */
const ID_LISTS = /\s(id|for|list|aria-labelledby|aria-describedby)="([^"]*)"/g

/**
 * The part as a page has it. What one page has once, a gallery has often: ids and the names of landmarks are told
 * apart by the specimen's. No part asks for news: there is none of what is made up.
 */
export function Specimen({ title, children }: { title: string; children: Child }) {
  const name = title.toLowerCase().replaceAll(/\W+/g, '-')
  const part = html`${children}`
  if (part instanceof Promise) throw new Error('nothing here waits for anything')
  return (
    <section class="specimen" aria-labelledby={name}>
      <h2 class="specimen-name" id={name}>
        {title}
      </h2>
      <div hx-ignore>{raw(setApart(part.toString(), name))}</div>
    </section>
  )
}

/** In text and in values a quotation mark is `&quot;`: only attributes of ours are found. */
function setApart(part: string, name: string): string {
  const own = (id: string) => `${name}--${id}`
  return part
    .replaceAll(ID_LISTS, (_, attribute: string, ids: string) => {
      const all = ids.split(/\s+/).map(own)
      // A landmark is called by its heading, and by its specimen's.
      if (attribute === 'aria-labelledby') all.push(name)
      return ` ${attribute}="${all.join(' ')}"`
    })
    .replaceAll(/\shref="#([^"]+)"/g, (_, id: string) => ` href="#${own(id)}"`)
    .replaceAll(/\saria-label="([^"]*)"/g, (_, label: string) => ` aria-label="${label}, ${name}"`)
}
