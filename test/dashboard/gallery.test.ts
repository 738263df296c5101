// The gallery: what is made up is shown to who works on the pages, and nowhere else.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import devWorker from '../../src/dev-index.ts'
import worker from '../../src/index.ts'
import { HOSTILE } from '../../src/dashboard/gallery/made-up/made-texts.ts'
import { World } from '../world.ts'
import { ORIGIN, Visitor } from './visitor.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** What a Worker answers at a path, to who has not signed in. */
async function ask(asked: typeof devWorker | typeof worker, path: string) {
  const request = new Request(ORIGIN + path, { redirect: 'manual' })
  const response = await asked.fetch(request, env, createExecutionContext())
  return { status: response.status, text: await response.text(), headers: response.headers }
}

describe('a deployed Worker', () => {
  it('has no gallery', async () => {
    const visitor = await Visitor.signedIn(world)
    for (const path of ['/gallery', '/gallery/words']) {
      expect((await visitor.get(path)).status).toBe(404)
      expect((await ask(worker, `/dashboard${path}`)).text).not.toContain('Gallery')
    }
  })
})

describe('the gallery', () => {
  it('leads to boards that are all there, and show hostile texts as texts', async () => {
    const { text, headers } = await ask(devWorker, '/dashboard/gallery')
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    const paths = [...text.matchAll(/href="(\/dashboard\/gallery\/\w+)"/g)].map(([, path]) => path)
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) {
      const board = await ask(devWorker, path ?? '')
      expect(board.status).toBe(200)
      expect(board.text).not.toContain(HOSTILE.slice(0, 30))
    }
    expect((await ask(devWorker, '/dashboard/gallery/none')).status).toBe(404)
  })

  it('has each id once on a board, and every label leads to what is there', async () => {
    const { text } = await ask(devWorker, '/dashboard/gallery/endpoints')
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(ids.length).toBeGreaterThan(20)
    expect(ids.filter((id, place) => ids.indexOf(id) < place)).toEqual([])
    const named = [...text.matchAll(/\saria-(?:labelledby|describedby)="([^"]+)"/g)]
    const lost = named.flatMap(([, all = '']) => all.split(' ').filter((id) => !ids.includes(id)))
    expect(lost).toEqual([])
  })

  it('leaves everything else to the Worker that is deployed', async () => {
    expect((await ask(devWorker, '/dashboard/galleryx')).status).toBe(303)
    expect((await ask(devWorker, '/healthz')).headers.get('Content-Type')).toContain('json')
  })
})
