import { Webhook } from 'standardwebhooks'

const secret = process.env.WEBHOOK_SECRET
if (!/^whsec_.{32}/.test(secret)) {
  // Without it, anybody could sign. It fails the build as well: set it there too.
  throw new Error('WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_')
}
const webhook = new Webhook(secret)
const seen = new Set() // a table with a unique index, where it is to last

export async function POST(request) {
  let event
  try {
    // text(), not json(): what is signed is the bytes as they arrived.
    event = webhook.verify(await request.text(), Object.fromEntries(request.headers))
  } catch {
    return new Response(null, { status: 400 })
  }
  if (!seen.has(event.id)) {
    seen.add(event.id)
    console.log(event.type, event.id) // what takes longer goes into a queue of yours
  }
  return new Response(null, { status: 204 })
}
