// What can be copied: every id, URL, header and command on every page and board has its button, or a reason for none.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import devWorker from '../../src/dev-index.ts'
import { World } from '../world.ts'
import { furnish, pathsOf } from './furnish.ts'
import { elementsOf, hasClass, pathOf, readMarkup, textIn, type Element } from './markup.ts'
import { ORIGIN, Visitor } from './visitor.ts'

/** What is to be copied where it is the text of an element, or in it. */
const KINDS: Record<string, (element: Element, text: string) => boolean> = {
  'an id': (_element, text) => /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/.test(text),
  'the end of an id': (_element, text) => /…[0-9a-f]{12}/.test(text),
  'a URL': (_element, text) => /https?:\/\/\S/.test(text),
  'a command': (_element, text) => text.startsWith('curl '),
  'a header': (element) =>
    pathOf(element).some(({ tag }) => tag === 'dd') && isIn('headers')(element),
  'a key’s id, or a signature': ({ tag }, text) => tag === 'code' && /^[0-9a-f]{8,}/.test(text),
}

/** Why there is no button. */
const EXCUSES: Record<string, (element: Element) => boolean> = {
  'a row, which leads to the page that has it': (element) =>
    pathOf(element).some(
      (one) =>
        ['tr', 'li'].includes(one.tag) &&
        elementsOf(one).some((link) => link.tag === 'a' && hasClass(link, 'row-link')),
    ),
  'a difference: each side has it in its attempt': isIn('diff', 'diff-lines'),
  'a field, or what a choice is called by: no button can be in that': (element) =>
    pathOf(element).some(({ tag }) => ['option', 'textarea', 'label'].includes(tag)),
  'read out alone, to tell buttons apart': isIn('hidden'),
  'the beginning of what is signed: the body above it has it all': (element) =>
    element.attributes.get('aria-label') === 'Signed string',
  covered: (element) => textIn(element).includes('••••••'),
}

function isIn(...classes: string[]) {
  return (element: Element) =>
    pathOf(element).some((one) => classes.some((name) => hasClass(one, name)))
}

/** Whether it is of a text that a button beside it copies. */
function isCopied(element: Element): boolean {
  const path = pathOf(element)
  const source = path.find(({ attributes }) => attributes.has('data-copied'))
  const around = path.find(({ attributes }) => attributes.has('data-copyable'))
  if (!source || !around) return false
  return elementsOf(around).some(({ attributes }) => attributes.has('data-copy'))
}

function isOfButton(element: Element): boolean {
  return pathOf(element).some(({ tag }) => tag === 'button')
}

/** The elements that have a text of their own which is to be copied, with what that is. */
function toBeCopied(html: string): { element: Element; kind: string; text: string }[] {
  const main = elementsOf(readMarkup(html)).find(({ tag }) => tag === 'main')
  expect(main).toBeDefined()
  return elementsOf(main ?? readMarkup('')).flatMap((element) =>
    element.children.flatMap((child) => {
      if (typeof child !== 'string' || child.trim() === '' || isOfButton(element)) return []
      const text = child.trim()
      const kind = Object.keys(KINDS).find((name) => KINDS[name]?.(element, text))
      return kind === undefined ? [] : [{ element, kind, text }]
    }),
  )
}

/** Those without a button, and without an excuse. */
function findLost(html: string): string[] {
  return toBeCopied(html)
    .filter(({ element }) => !isCopied(element))
    .filter(({ element }) => !Object.values(EXCUSES).some((holds) => holds(element)))
    .map(({ kind, text }) => `${kind}: ${text.slice(0, 120)}`)
}

/** What is wrong with the buttons themselves. */
function findFaults(html: string): string[] {
  const buttons = elementsOf(readMarkup(html)).filter(({ attributes }) =>
    attributes.has('data-copy'),
  )
  return buttons.flatMap((button) => {
    const name = button.attributes.get('aria-label') ?? textIn(button)
    const faults: Record<string, boolean> = {
      'is not called what it copies': !/^Copy\b.*\S{2}/s.test(name),
      'shows without scripts': !hasClass(button, 'needs-js'),
      'copies nothing, or several things': sourcesOf(button).length !== 1,
      'copies what is covered': sourcesOf(button).some((source) => copiedOf(source).includes('••')),
      'is in another control': pathOf(button).some(({ tag }) => tag === 'label' || tag === 'a'),
    }
    return Object.keys(faults).flatMap((fault) => (faults[fault] ? [`${name} ${fault}`] : []))
  })
}

/** What a button copies from: nothing of a part within its own. */
function sourcesOf(button: Element): Element[] {
  const around = aroundOf(button)
  return elementsOf(around ?? button).filter(
    (one) => one.attributes.has('data-copied') && aroundOf(one) === around,
  )
}

function aroundOf(element: Element): Element | undefined {
  return pathOf(element).find(({ attributes }) => attributes.has('data-copyable'))
}

function copiedOf(source: Element): string {
  return source.attributes.get('data-text') ?? textIn(source)
}

async function askGallery(path: string): Promise<string> {
  const request = new Request(ORIGIN + path)
  return (await devWorker.fetch(request, env, createExecutionContext())).text()
}

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('what is to be copied', () => {
  it('has a button beside it on every page, or a reason for none', async () => {
    const ids = await furnish(world, visitor)
    const lost: string[] = []
    for (const path of pathsOf(ids)) {
      const { status, text } = await visitor.get(path)
      expect(`${path} ${status}`).toMatch(/ (?:200|400)$/)
      lost.push(...[...findLost(text), ...findFaults(text)].map((one) => `${path}: ${one}`))
    }
    expect(lost).toEqual([])
  }, 30_000)

  it('has it where a key or a secret is shown once', async () => {
    for (const path of ['/settings/keys', '/settings/secret/reveal']) {
      const { text } = await visitor.post(path, {
        name: 'New',
        scopes: 'read',
        token: crypto.randomUUID(),
      })
      expect([...findLost(text), ...findFaults(text)]).toEqual([])
      expect(text).toMatch(/data-copied="[^"]*">(?:sk_|whsec_)/)
    }
  })

  it('has it on every board of the gallery', async () => {
    const index = await askGallery('/dashboard/gallery')
    const paths = [...index.matchAll(/href="(\/dashboard\/gallery\/\w+)"/g)].map(
      ([, path = '']) => path,
    )
    expect(paths.length).toBeGreaterThan(5)
    const lost: string[] = []
    for (const path of paths) {
      const text = await askGallery(path)
      lost.push(...[...findLost(text), ...findFaults(text)].map((one) => `${path}: ${one}`))
    }
    expect(lost).toEqual([])
  })
})

describe('a header that is covered', () => {
  it('is nowhere in the page, and has no button', async () => {
    const { deliveries } = await furnish(world, visitor)
    const { text } = await visitor.get(`/deliveries/${deliveries}`)
    expect(text).toContain('data-copy="value of x-trace"')
    expect(text).not.toMatch(/hush|value of (?:set-cookie|x-api-key)/)
  })
})
