// A page of the documentation, as its reader sees it: what stands in its boxes, and under which name.

/** The boxes of a page. */
export type ReadPage = {
  /** What is to be copied from the box of that name. @throws when there is none. */
  block: (label: string) => string
  /** The name and the text of the first whose name begins so. @throws when there is none. */
  first: (start: string) => { label: string; text: string }
}

const BOXES = /<pre[^>]* aria-label="([^"]+)"[^>]*><code>([^<]*)<\/code><\/pre>/g

/** Reads it from a service that runs. @throws when it is not there. */
export async function readPage(url: string): Promise<ReadPage> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  const boxes = [...(await answer.text()).matchAll(BOXES)].map(([, label = '', text = '']) => {
    return { label: toText(label), text: toText(text) }
  })
  function first(start: string) {
    const found = boxes.find(({ label }) => label.startsWith(start))
    if (!found)
      throw new Error(`${url} has no ${start}, but ${boxes.map(({ label }) => label).join('; ')}`)
    return found
  }
  return { first, block: (label) => first(label).text }
}

function toText(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
