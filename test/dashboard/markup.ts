// The elements of a page, for tests that ask where something is.
import { textOf } from './visitor.ts'

/** An element: its attributes as a reader has them, and what is in it. */
export type Element = {
  tag: string
  attributes: Map<string, string>
  children: (Element | string)[]
  parent: Element | undefined
}

const TOKEN = /<!doctype[^>]*>|<(\/?)([a-z][\w-]*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>|([^<]+)/gi

const VOID = new Set(['area', 'br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'rect', 'wbr'])

/** Reads a page as the dashboard writes it, where every tag is closed and every value quoted. */
export function readMarkup(html: string): Element {
  const root: Element = { tag: '', attributes: new Map(), children: [], parent: undefined }
  let inside = root
  for (const [whole, slash, tag, attributes = '', text] of html.matchAll(TOKEN)) {
    if (text !== undefined) inside.children.push(textOf(text))
    else if (tag === undefined) continue
    else if (slash === '/') inside = inside.parent ?? root
    else {
      const element = { tag, attributes: readAttributes(attributes), children: [], parent: inside }
      inside.children.push(element)
      if (!VOID.has(tag) && !whole.endsWith('/>')) inside = element
    }
  }
  return root
}

/** The element and all that are in it, in their order. */
export function elementsOf(element: Element): Element[] {
  return [
    element,
    ...element.children.flatMap((one) => (typeof one === 'string' ? [] : elementsOf(one))),
  ]
}

/** What an element is in, itself first. */
export function pathOf(element: Element): Element[] {
  return element.parent === undefined ? [element] : [element, ...pathOf(element.parent)]
}

/** Its text, with that of all that is in it. */
export function textIn(element: Element): string {
  return element.children.map((one) => (typeof one === 'string' ? one : textIn(one))).join('')
}

/** Whether an element has a class. */
export function hasClass({ attributes }: Element, name: string): boolean {
  return (attributes.get('class') ?? '').split(/\s+/).includes(name)
}

function readAttributes(text: string): Map<string, string> {
  const found = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)]
  return new Map(found.map(([, name = '', value = '']) => [name, textOf(value)]))
}
