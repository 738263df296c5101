// A person in a browser without scripts: keeps a cookie, follows redirects, sends forms.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createDashboard } from '../../src/dashboard/app.tsx'
import type { World } from '../world.ts'

/** Where the dashboard is visited. */
export const ORIGIN = 'https://api.callingbox.example'

/** What an open page adds to a request for a part of itself. */
export const FRAGMENT = { 'HX-Request': 'true', 'HX-Current-URL': `${ORIGIN}/dashboard` }

/** A page as it came back. */
export type Page = { status: number; headers: Headers; text: string; path: string }

/** What a form sends; a list is sent as one field for each. */
export type Fields = Record<string, string | string[]>

/** Someone who looks at a world's dashboard. */
export class Visitor {
  cookie = ''
  readonly #world: World
  readonly #app

  constructor(world: World) {
    this.#world = world
    this.#app = createDashboard(() => world.engine())
  }

  /** Someone who has signed in with the key. */
  static async signedIn(world: World, key: string = world.key): Promise<Visitor> {
    const visitor = new Visitor(world)
    await visitor.signIn(key)
    return visitor
  }

  signIn(key: string, fields: Fields = {}): Promise<Page> {
    return this.post('/sign-in', { key, ...fields })
  }

  /** Looks at a page, below /dashboard. */
  async get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.follow(await this.request(path, { headers }))
  }

  /** Sends a form as a browser does, and looks at the page that it leads to. */
  async post(path: string, fields: Fields = {}): Promise<Page> {
    return this.follow(await this.send(path, fields))
  }

  /** Sends a form and gives back the answer itself. */
  send(path: string, fields: Fields = {}, headers: Record<string, string> = {}): Promise<Response> {
    const pairs = Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one]),
    )
    return this.request(path, {
      method: 'POST',
      body: new URLSearchParams(pairs),
      headers: { Origin: ORIGIN, ...headers },
    })
  }

  /** One request, exactly as told but for the cookie. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookie) headers.set('Cookie', this.cookie)
    const url = `${ORIGIN}/dashboard${path}`
    const bindings = { ...env, ...this.#world.vars }
    const response = await this.#app.request(
      url,
      { ...init, headers },
      bindings,
      createExecutionContext(),
    )
    await this.#world.settle()
    const cookie = response.headers.get('Set-Cookie')
    if (cookie !== null) this.cookie = /Max-Age=0/.test(cookie) ? '' : (cookie.split(';')[0] ?? '')
    return response
  }

  private async follow(response: Response): Promise<Page> {
    let current = response
    let path = ''
    for (let hops = 0; current.status === 303 && hops < 5; hops += 1) {
      path = (current.headers.get('Location') ?? '').replace('/dashboard', '')
      current = await this.request(path)
    }
    const { status, headers } = current
    return { status, headers, text: await current.text(), path }
  }
}

/** The ids of the deliveries that a list shows, from top to bottom. */
export function listed(html: string): string[] {
  return [...html.matchAll(/<tr id="d-([0-9a-f-]{36})"/g)].map(([, id = '']) => id)
}

/** What stands in lines to be typed, as a reader sees it; undefined where there are none of this name. */
export function typedOn(html: string, name: string): string | undefined {
  const lines = new RegExp(`<textarea[^>]*name="${name}"[^>]*>\\n?([^<]*)</textarea>`)
  const typed = lines.exec(html)?.[1]
  return typed === undefined ? undefined : textOf(typed)
}

/** What a reader sees of escaped text. */
export function textOf(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
