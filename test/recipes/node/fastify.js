import Fastify from 'fastify'
import { Webhook } from 'standardwebhooks'

const secret = process.env.WEBHOOK_SECRET
if (!/^whsec_.{32}/.test(secret)) {
  console.error('WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_')
  process.exit(1) // without it, anybody could sign
}
const webhook = new Webhook(secret)
const seen = new Set() // a table with a unique index, where it is to last

const app = Fastify()

// Fastify would parse it: what is signed is the bytes as they arrived.
app.removeContentTypeParser('application/json')
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) =>
  done(null, body),
)

app.post('/webhooks', (request, reply) => {
  let event
  try {
    event = webhook.verify(request.body, request.headers)
  } catch {
    return reply.code(400).send()
  }
  if (!seen.has(event.id)) {
    seen.add(event.id)
    console.log(event.type, event.id) // what takes longer goes into a queue of yours
  }
  return reply.code(204).send()
})

await app.listen({ port: process.env.PORT })
