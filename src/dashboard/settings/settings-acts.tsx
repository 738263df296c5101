// What can be done to keys and to the default secret: each act is asked for at the address that it is posted to.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { isLive, issueKey, listKeys, revokeKey, withinGrant } from '../../account/keys.ts'
import { KeyMode, Name } from '../../account/schema.ts'
import { KeyScopes, type Scope } from '../../account/scopes.ts'
import { endSomebodys } from '../../account/sessions.ts'
import { replaceDefaultSecret, showDefaultSecret } from '../../account/secrets.ts'
import { listSessions } from '../../db/account/sessions.ts'
import { AppError, invalidRequest, notFound } from '../../errors.ts'
import {
  actorOf,
  BASE,
  dataOf,
  idOf,
  SETTINGS,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readExpiry, readField, readOverlapMs, USUAL_OVERLAP } from '../fields.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { onceFor, tokenOf } from '../once.ts'
import { tellRefusal } from '../refusal.ts'
import { closeSession } from '../session.ts'
import { answerPage } from '../ui/layout.tsx'
import { answerSettings } from './settings-answer.tsx'
import type { TypedKey } from './keys.tsx'
import { AskToEnd, AskToReveal, AskToRevoke, AskToRotateDefault } from './settings-questions.tsx'

/** The routes of what is done to the settings. */
export function settingsActRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/keys', async (c) => answerSettings(c, { typed: typedIn(c, await fieldsOf(c)) }))
  app.post('/keys', (c) => createKey(c))
  app.get('/keys/:id/revoke', (c) => askToRevoke(c))
  app.post('/keys/:id/revoke', (c) => revoke(c))
  app.get('/secret/reveal', async (c) => {
    const token = tokenOf(await fieldsOf(c))
    return ask(c, 'Reveal', <AskToReveal token={token} />)
  })
  app.post('/secret/reveal', async (c) => {
    const secret = await showDefaultSecret(c.get('world'), actorOf(c))
    return answerSettings(c, { secret })
  })
  app.get('/secret/rotate', async (c) => {
    const fields = await fieldsOf(c)
    const overlap = fields.get('overlap') ?? USUAL_OVERLAP
    return ask(c, 'Rotate', <AskToRotateDefault overlap={overlap} token={tokenOf(fields)} />)
  })
  app.post('/secret/rotate', (c) => rotate(c))
  app.get('/sessions/:id/end', (c) => askToEnd(c))
  app.post('/sessions/:id/end', async (c) => {
    await endSomebodys(c.get('world'), actorOf(c), idOf(c))
    return c.redirect(`${SETTINGS}?done=ended`, 303)
  })
  return app
}

/** Boxes that nobody ticked are not sent: what says nothing at all is a form that nobody has seen. */
function typedIn(c: PageContext, fields: URLSearchParams): TypedKey {
  const [name = '', mode = '', days = ''] = ['name', 'mode', 'days'].map(
    (field) => fields.get(field) ?? '',
  )
  const scopes = fields.size === 0 ? [...c.get('session').grant.scopes] : fields.getAll('scopes')
  return { name, mode, days, scopes, token: tokenOf(fields) }
}

async function createKey(c: PageContext) {
  const form = await readForm(c)
  const world = c.get('world')
  const typed = typedIn(c, form)
  try {
    const asked = {
      name: readField('name', Name, typed.name),
      mode: readField('mode', KeyMode.nullable(), form.get('mode')),
      expiresAt: readExpiry(typed.days, world.now()),
      scopes: readTicked(typed.scopes),
    }
    const wanted = withinGrant(asked, c.get('session').grant)
    const { name, mode, days, scopes } = typed
    const { keyId } = c.get('session')
    const said = JSON.stringify([keyId, name, mode, days, scopes])
    const idempotency = onceFor(c, form, { asked: said })
    const issuing = { pepper: c.env.API_KEY_PEPPER, idempotency }
    const { answer } = await issueKey(world, actorOf(c), wanted, issuing)
    return await answerSettings(c, { newKey: answer.key })
  } catch (error) {
    return answerRefusal(c, error, { typed })
  }
}

/** @throws AppError `invalid_request` where none is ticked. */
function readTicked(ticked: string[]): Scope[] {
  if (ticked.length > 0) return readField('scopes', KeyScopes, ticked)
  throw invalidRequest([{ path: '', message: 'Tick what the key may do: at least one.' }])
}

async function askToRevoke(c: PageContext) {
  const { now } = c.get('world')
  const { orgId, keyId } = c.get('session')
  const keys = await listKeys(c.get('world'), orgId)
  const apiKey = keys.find(({ id }) => id === idOf(c))
  if (!apiKey) throw notFound('API key')
  const live = keys.filter((key) => key.orgId === apiKey.orgId && isLive(key, now()))
  const isLast = live.every(({ id }) => id === apiKey.id)
  const token = tokenOf(await fieldsOf(c))
  const asked = { apiKey, isOwn: apiKey.publicId === keyId, isLast, token }
  return ask(c, 'Revoke', <AskToRevoke {...asked} />)
}

async function askToEnd(c: PageContext) {
  const { orgId, id: ownId } = c.get('session')
  const open = await listSessions(dataOf(c), orgId, c.get('world').now())
  const session = open.find(({ id }) => id === idOf(c))
  if (!session) throw notFound('session')
  const asked = { session, isOwn: session.id === ownId, token: tokenOf(await fieldsOf(c)) }
  return ask(c, 'End a session', <AskToEnd {...asked} />)
}

/** Whoever revokes the key of this very session has ended it. */
async function revoke(c: PageContext) {
  const { answer: key } = await revokeKey(c.get('world'), actorOf(c), idOf(c))
  if (key.publicId !== c.get('session').keyId) return c.redirect(`${SETTINGS}?done=revoked`, 303)
  await closeSession(c)
  return c.redirect(`${BASE}/sign-in`, 303)
}

async function rotate(c: PageContext) {
  const form = await readForm(c)
  try {
    const overlapMs = readOverlapMs(form.get('overlap') ?? '')
    const rotation = { overlapMs, idempotency: onceFor(c, form, { asked: String(overlapMs) }) }
    const { answer: secret } = await replaceDefaultSecret(c.get('world'), actorOf(c), rotation)
    const text = 'Rotated. This is the new default secret.'
    return await answerSettings(c, { secret, notice: { kind: 'ok', text } })
  } catch (error) {
    return answerRefusal(c, error, {})
  }
}

/** What a person is told on the page, where he can do something about it. @throws all other errors. */
async function answerRefusal(c: PageContext, error: unknown, extra: { typed?: TypedKey }) {
  if (!(error instanceof AppError) || (error.status !== 409 && error.status !== 400)) throw error
  const notice = { kind: 'bad' as const, text: tellRefusal(error) }
  return answerSettings(c, { ...extra, notice }, error.status)
}

function ask(c: PageContext, title: string, question: Child) {
  return answerPage(c, { title, section: 'Settings' }, question)
}
