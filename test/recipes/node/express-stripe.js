import express from 'express'
import { Stripe } from 'stripe'

const secret = process.env.WEBHOOK_SECRET // the whole of it, whsec_ included
if (!/^whsec_.{32}/.test(secret)) {
  console.error('WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_')
  process.exit(1) // without it, anybody could sign
}
const seen = new Set() // a table with a unique index, where it is to last

const app = express()

// Raw, and before any express.json(): what is signed is the bytes as they arrived. Its own limit is 100 KB.
const raw = express.raw({ type: 'application/json', limit: '1mb' })

app.post('/webhooks', raw, (request, response) => {
  let event
  try {
    const signature = request.get('CallingBox-Signature')
    event = Stripe.webhooks.constructEvent(request.body, signature, secret)
  } catch {
    response.sendStatus(400)
    return
  }
  if (!seen.has(event.id)) {
    seen.add(event.id)
    console.log(event.type, event.id) // what takes longer goes into a queue of yours
  }
  response.sendStatus(204)
})

app.listen(process.env.PORT)
