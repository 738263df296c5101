// The provider's API as wrangler asks it, over HTTP, for an account that exists in memory.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { routeOf } from './provider-routes.ts'
import { ApiFault, CutError, type Provider } from './provider.ts'
import { answerAs } from './stand-in.ts'

/** What the API takes as a token. */
const TOKEN = 'a-token-for-tests'
const ACCOUNT = 'acc'

/** Listens on any port; answers it too. Workers answer at /worker/NAME. */
export async function startApi(provider: Provider): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => void answer(provider, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return { server, origin: `http://127.0.0.1:${port}` }
}

/** wrangler's own variables that lead it here. */
export function variablesFor(origin: string): Record<string, string> {
  return {
    CLOUDFLARE_API_BASE_URL: `${origin}/client/v4`,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
  }
}

async function answer(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    const url = new URL(request.url ?? '', 'http://api')
    const body = await buffer(request)
    const told = await dispatch(provider, request, url, body)
    response.writeHead(told.status, Object.fromEntries(told.headers))
    response.end(await told.text())
  } catch (error) {
    if (!(error instanceof CutError)) console.error(error)
    request.socket.destroy()
  }
}

async function dispatch(
  provider: Provider,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
): Promise<Response> {
  if (url.pathname.startsWith('/worker/')) return askWorker(provider, request, url)
  if (url.pathname.startsWith('/files/')) return carry(provider, request.method, url, body)
  return Response.json(...(await askApi(provider, request, url, body)))
}

/** A dump of a database on its way out, or a file on its way into it. */
function carry(provider: Provider, method: string | undefined, url: URL, body: Buffer): Response {
  const [, , id = ''] = url.pathname.split('/')
  if (method === 'GET') return new Response(provider.exportSql(id))
  provider.files.set(id, body.toString())
  return new Response('', { headers: { ETag: createHash('md5').update(body).digest('hex') } })
}

function askWorker(provider: Provider, request: IncomingMessage, url: URL) {
  const [, , name = '', ...rest] = url.pathname.split('/')
  return answerAs(provider, name, {
    method: request.method ?? 'GET',
    path: `/${rest.join('/')}`,
    token: (request.headers.authorization ?? '').replace('Bearer ', ''),
    idempotencyKey: String(request.headers['idempotency-key']),
  })
}

async function askApi(
  provider: Provider,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
): Promise<[object, { status: number }]> {
  try {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      throw new ApiFault(403, 10000, 'Authentication error')
    }
    const path = url.pathname.split('/').slice(5).map(decodeURIComponent)
    const type = request.headers['content-type'] ?? ''
    const result = await routeOf(`${request.method} ${path.join('/')}`)({
      provider,
      origin: `http://${request.headers.host}`,
      path,
      query: url.searchParams,
      body,
      type,
    })
    return [{ success: true, errors: [], messages: [], result }, { status: 200 }]
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error
    const { code, message, status } = error
    return [{ success: false, errors: [{ code, message }], messages: [], result: null }, { status }]
  }
}
