// What an address may say: every page names what it does not know, and no link of a page says anything else.
import { beforeEach, describe, expect, it } from 'vitest'
import { FIELDS } from '../../src/dashboard/deliveries/filter.ts'
import { QUERY_OF } from '../../src/dashboard/queries.ts'
import type { Fields } from '../../src/dashboard/query-fields.ts'
import { SCOPE_OF } from '../../src/dashboard/scopes.ts'
import { World } from '../world.ts'
import { furnish, pathsOf } from './furnish.ts'
import { elementsOf, readMarkup, type Element } from './markup.ts'
import { wordsOf } from './replays/forms.ts'
import { FRAGMENT, Visitor } from './visitor.ts'

const ODD = '~ odd ~'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

const ROUTES = Object.keys(SCOPE_OF).filter((route) => route.startsWith('GET '))

/** What the pages know that judge by themselves. */
const JUDGED_THERE: Record<string, Fields> = {
  'GET /deliveries': FIELDS,
  'GET /deliveries/export': FIELDS,
  'GET /deliveries/live': FIELDS,
  'GET /replays/new': { ...FIELDS, q: { ...FIELDS.q, isSeveral: true } },
}

function fieldsOf(route: string): Fields {
  const fields = QUERY_OF[route]
  return typeof fields === 'object' ? fields : (JUDGED_THERE[route] ?? {})
}

describe('the table of what addresses may say', () => {
  it('has each route that is opened by an address, and no other', () => {
    expect(Object.keys(QUERY_OF).toSorted()).toEqual(ROUTES.toSorted())
  })
})

describe.each(ROUTES)('%s', (route) => {
  /** An address is judged before anything is looked for. */
  async function ask(query: string) {
    const path = route.slice('GET '.length).replace(':id', crypto.randomUUID())
    const { status, text, headers } = await visitor.get(`${path}?${query}`)
    const isPage = text.includes('aria-label="Main"') && !headers.has('Content-Disposition')
    return { query, status, isPage, words: wordsOf(text) }
  }

  it('refuses a name that it does not know, on a page with the way on', async () => {
    const { status, isPage, words } = await ask('zzz=1')
    expect([status, isPage]).toEqual([400, true])
    expect(words).toContain('“zzz”')
  })

  it('refuses what a name cannot be, and two things for one', async () => {
    for (const [name, field] of Object.entries(fieldsOf(route))) {
      const wrong = field.isValid(ODD) ? [] : [`${name}=${encodeURIComponent(ODD)}`]
      const twice = field.isSeveral || isOften(route, name) ? [] : [`${name}=1&${name}=2`]
      for (const query of [...wrong, ...twice]) {
        const answer = await ask(query)
        expect(answer).toMatchObject({ query, status: 400, isPage: true })
        expect(answer.words).toContain(name)
      }
    }
  })
})

/** A plan takes several of what the list takes one of. */
function isOften(route: string, name: string): boolean {
  return route === 'GET /replays/new' && ['status', 'type', 'limit', 'after', 'q'].includes(name)
}

describe('a page', () => {
  it('leads to no address that another page does not know', async () => {
    const asked = new Set(pathsOf(await furnish(world, visitor)))
    const odd: string[] = []
    for (const path of asked) {
      const { text } = await visitor.get(path)
      for (const address of addressesOn(text)) {
        if (asked.has(address)) continue
        asked.add(address)
        const page = await visitor.get(address)
        if (/What makes no sense|asks for what makes no sense/.test(page.text)) odd.push(address)
      }
      if (asked.size > 150) break
    }
    expect(asked.size).toBeGreaterThan(60)
    expect(odd).toEqual([])
  }, 60_000)

  it('stays as it is where it asks for what is not known', async () => {
    const response = await visitor.request('/endpoints?zzz=1', { headers: FRAGMENT })
    expect(response.status).toBe(400)
    expect(response.headers.get('HX-Reswap')).toBe('none')
  })

  it('takes a name that says nothing, as forms send it without scripts', async () => {
    expect((await visitor.get('/events?call=&after=')).status).toBe(200)
    expect((await visitor.get('/events?zzz=')).status).toBe(400)
  })

  it('says what it takes, and shows what was asked for as text', async () => {
    const { text } = await visitor.get(`/?${encodeURIComponent('<b>')}=1`)
    expect(wordsOf(text)).toContain('this page takes days')
    expect(text).not.toContain('<b>')
    expect(wordsOf((await visitor.get('/settings?tab=keys')).text)).toContain('takes nothing')
  })
})

/** Where links, forms that ask and open parts lead, below /dashboard. */
function addressesOn(html: string): string[] {
  return elementsOf(readMarkup(html)).flatMap((element) => {
    const { tag, attributes } = element
    const isForm = tag === 'form' && attributes.get('method') === 'get'
    const address =
      attributes.get('hx-get') ?? attributes.get('href') ?? (isForm ? formOf(element) : '')
    const path = /^\/dashboard(?!\/(?:assets|gallery))([^#]*)/.exec(address)?.[1]
    return path === undefined ? [] : [path]
  })
}

/** As a browser without scripts sends it: every field, chosen or empty. */
function formOf(form: Element): string {
  const fields = elementsOf(form).flatMap(({ tag, attributes }) => {
    const name = attributes.get('name')
    if (name === undefined || !['input', 'select', 'textarea'].includes(tag)) return []
    return [[name, attributes.get('value') ?? ''] satisfies [string, string]]
  })
  return `${form.attributes.get('action') ?? ''}?${new URLSearchParams(fields).toString()}`
}
