import { once, recentIds, verify } from 'callingbox-webhooks/consumer'
import { Hono } from 'hono'
import { serve } from '@hono/node-server'

const secret = process.env.WEBHOOK_SECRET
if (!/^whsec_.{32}/.test(secret)) {
  console.error('WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_')
  process.exit(1) // without it, anybody could sign
}
const handleOnce = once(recentIds()) // ids in a table, where they are to last

const app = new Hono()

app.post('/webhooks', async (c) => {
  const verified = await verify(await c.req.text(), c.req.raw.headers, secret)
  if (!verified.ok) return c.text(verified.message, 400)
  const { event } = verified
  await handleOnce(event, () => console.log(event.type, event.id))
  return c.body(null, 204)
})

serve({ fetch: app.fetch, port: process.env.PORT })
